"""The report as PDF."""

from __future__ import annotations

import pytest

from unmask.reporting.report import Report


def test_the_report_is_a_pdf_file(report: Report) -> None:
    pytest.importorskip("typst")
    from unmask.reporting.report_pdf import report_pdf

    data = report_pdf(report)
    assert data.startswith(b"%PDF-")
    assert len(data) > 50_000
