from __future__ import annotations

import json
from contextlib import chdir
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.schemas import validate
from unmask import Detector, Failure, Finding, Label, Verdict
from unmask.scanning.outputs import SarifOutput
from unmask.scanning.outputs.sarif import SCHEMA


@pytest.fixture(scope="module")
def verdict(detector: Detector, astronaut: Path) -> Verdict:
    return detector.predict(astronaut)


def written(path: Path, findings: list[Finding], **options: Any) -> dict[str, Any]:
    output = SarifOutput(path, **options)
    for finding in findings:
        output.add(finding)
    output.close()
    log = json.loads(path.read_text("utf-8"))
    validate(log, SCHEMA)
    return log["runs"][0]  # type: ignore[no-any-return]


def test_fake_and_unsure_pictures_are_results_and_failures_are_notifications(tmp_path: Path, verdict: Verdict) -> None:
    found = [Finding(f"{label}.jpg", replace(verdict, label=label, faces=())) for label in Label]
    run = written(tmp_path / "a.sarif", [*found, Finding("broken.jpg", Failure("corrupt_image", "damaged"))])
    assert {each["ruleId"]: each["level"] for each in run["results"]} == {"fake-face": "error", "unsure-face": "note"}
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"] == "damaged"
    assert run["properties"]["pictures"] == 5
    assert run["properties"]["labels"] == {"fake": 1, "real": 1, "unsure": 1, "no_face": 1, "failed": 1}


def test_the_rule_of_the_command_raises_the_level(tmp_path: Path, verdict: Verdict) -> None:
    unsure = Finding("a.jpg", replace(verdict, label=Label.UNSURE))
    run = written(tmp_path / "a.sarif", [unsure], fails=lambda finding: True)
    assert run["results"][0]["level"] == "error"


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("photos/a b#1.jpg", "photos/a%20b%231.jpg"),
        ("/elsewhere/ü.jpg", "file:///elsewhere/%C3%BC.jpg"),
        ("faces.zip!/x y.jpg", "faces.zip!/x%20y.jpg"),
        ("bad\udcff.jpg", "bad%FF.jpg"),
    ],
)
def test_paths_become_uris(tmp_path: Path, verdict: Verdict, path: str, uri: str) -> None:
    with chdir(tmp_path):
        run = written(tmp_path / "a.sarif", [Finding(path, replace(verdict, label=Label.FAKE))])
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == uri


def test_a_file_without_results_is_valid(tmp_path: Path) -> None:
    assert written(tmp_path / "a.sarif", [])["results"] == []


def test_the_output_can_be_read_back_to_resume(tmp_path: Path, verdict: Verdict) -> None:
    written(tmp_path / "a.sarif", [Finding("a.jpg", verdict)])
    assert [row["path"] for row in SarifOutput(tmp_path / "a.sarif").rows()] == ["a.jpg"]
