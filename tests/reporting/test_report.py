"""The content of a report."""

from __future__ import annotations

import json

from unmask.reporting.report import Report


def test_the_wire_form_holds_the_signals(report: Report) -> None:
    content = json.loads(json.dumps(report.to_dict()))
    assert content["label"] == report.verdict.label
    assert {signal["name"] for signal in content["signals"]} >= {"metadata", "jpeg", "provenance", "spectrum"}
    assert content["faces"][0]["faithfulness"]["rivals"] == 20
