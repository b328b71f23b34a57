"""The report as a page: complete, self-contained, escaped."""

from __future__ import annotations

import re

from unmask.html.markup import text
from unmask.reporting.report import Report
from unmask.reporting.report_charts import score_scale
from unmask.reporting.report_page import report_page


def test_the_page_is_complete_and_self_contained(report: Report) -> None:
    html = report_page(report)
    verdict = report.verdict
    for entry in (verdict.sha256, verdict.model.sha256, "not proof", "Content Credentials", "Metadata", "Why", "UTC"):
        assert entry in html
    headline = report.headline
    for words in (headline.detail[1:], headline.sentence, *headline.next_steps, "What to do next", "Appendix"):
        assert str(text(words)) in html
    assert "<b>press" not in html
    assert "&lt;b&gt;press &amp; co" in html
    assert not re.search(r'(?:src|href)="(?!data:)', html)
    assert "<script" not in html


def test_the_verdict_is_stated_once_before_the_appendix(report: Report) -> None:
    summary = report_page(report).partition("Appendix")[0]
    assert summary.count('class="badge') == 1
    assert summary.index("Probability of fake") < summary.index("What to do next")


def test_the_scale_has_a_zone_for_each_label_and_the_thresholds(report: Report) -> None:
    drawn = score_scale(report.headline)
    assert drawn.count("zone tone-") == len(report.headline.scale.zones) == 3
    for _, probability in report.headline.scale.thresholds:
        assert f">{probability:.1%}<" in drawn
