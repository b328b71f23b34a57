"""The report on one picture: whole, self-contained, escaped."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from unmask import Detector
from unmask.reporting.report import Report, headline, make_report
from unmask.reporting.report_page import report_page
from unmask.verdict import Label


@pytest.fixture(scope="module")
def report(detector: Detector, astronaut: Path) -> Report:
    return make_report(detector, astronaut, name="<b>press & co</b>.jpg")


def test_the_page_says_everything_and_loads_nothing(report: Report) -> None:
    html = report_page(report)
    verdict = report.verdict
    for said in (verdict.sha256, verdict.model.sha256, "not proof", "Content Credentials", "Metadata", "Why", "UTC"):
        assert said in html
    assert headline(verdict, False).split(",")[0] in html
    assert "<b>press" not in html
    assert "&lt;b&gt;press &amp; co" in html
    assert not re.search(r'(?:src|href)="(?!data:)', html)
    assert "<script" not in html


def test_the_wire_form_holds_the_signals(report: Report) -> None:
    content = json.loads(json.dumps(report.to_dict()))
    assert content["label"] == report.verdict.label
    assert {signal["name"] for signal in content["signals"]} >= {"metadata", "jpeg", "provenance", "spectrum"}
    assert content["faces"][0]["faithfulness"]["rivals"] == 20


def test_the_headline_names_the_probability_of_the_label(report: Report) -> None:
    verdict = report.verdict
    said = headline(verdict, False)
    assert verdict.label is Label.NO_FACE or f"{verdict.label}" in said or "not sure enough" in said
    assert "No face was found" in headline(verdict, True)


def test_the_pdf_is_one(report: Report) -> None:
    pytest.importorskip("typst")
    from unmask.reporting.report_pdf import report_pdf

    data = report_pdf(report)
    assert data.startswith(b"%PDF-")
    assert len(data) > 50_000
