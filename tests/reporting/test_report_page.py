"""The report as a page: complete, self-contained, escaped."""

from __future__ import annotations

import re

from unmask.reporting.report import Report
from unmask.reporting.report_page import report_page
from unmask.reporting.report_text import headline


def test_the_page_is_complete_and_self_contained(report: Report) -> None:
    html = report_page(report)
    verdict = report.verdict
    for entry in (verdict.sha256, verdict.model.sha256, "not proof", "Content Credentials", "Metadata", "Why", "UTC"):
        assert entry in html
    assert headline(verdict, False).split(",")[0] in html
    assert "<b>press" not in html
    assert "&lt;b&gt;press &amp; co" in html
    assert not re.search(r'(?:src|href)="(?!data:)', html)
    assert "<script" not in html
