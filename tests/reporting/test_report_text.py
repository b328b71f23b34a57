"""The sentences of a report."""

from __future__ import annotations

from unmask.reporting.report import Report
from unmask.reporting.report_text import headline
from unmask.verdict import Label


def test_the_headline_names_the_probability_of_the_label(report: Report) -> None:
    verdict = report.verdict
    sentence = headline(verdict, False)
    assert verdict.label is Label.NO_FACE or f"{verdict.label}" in sentence
    assert "No face was found" in headline(verdict, True)
