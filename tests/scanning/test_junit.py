from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from unmask import Detector, Failure, Finding, Label, Verdict
from unmask.scanning.outputs import JunitOutput


@pytest.fixture(scope="module")
def verdict(detector: Detector, astronaut: Path) -> Verdict:
    return detector.predict(astronaut)


def written(path: Path, findings: list[Finding], **options: Any) -> ElementTree.Element:
    output = JunitOutput(path, **options)
    for finding in findings:
        output.add(finding)
    output.close()
    return ElementTree.parse(path).getroot()


def all_kinds(verdict: Verdict) -> list[Finding]:
    judged = [Finding(f"{label}.jpg", replace(verdict, label=label, faces=())) for label in Label]
    return [*judged, Finding("broken.jpg", Failure("corrupt_image", "damaged"))]


def outcomes(root: ElementTree.Element) -> dict[str, str]:
    return {case.attrib["name"]: next((child.tag for child in case), "passed") for case in root.iter("testcase")}


def test_each_picture_is_a_test_case(tmp_path: Path, verdict: Verdict) -> None:
    root = written(tmp_path / "a.xml", all_kinds(verdict))
    assert outcomes(root) == {
        "fake.jpg": "failure",
        "real.jpg": "passed",
        "unsure.jpg": "skipped",
        "no_face.jpg": "passed",
        "broken.jpg": "error",
    }
    assert root.tag == "testsuites"
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("5", "1", "1")
    suite = root.find("testsuite")
    assert suite is not None
    assert suite.get("skipped") == "1"


def test_the_rule_of_the_command_decides_what_fails(tmp_path: Path, verdict: Verdict) -> None:
    def fails(finding: Finding) -> bool:
        return finding.verdict is not None and finding.verdict.label is Label.UNSURE

    found = outcomes(written(tmp_path / "a.xml", all_kinds(verdict), fails=fails))
    assert (found["unsure.jpg"], found["fake.jpg"]) == ("failure", "passed")


def test_names_that_xml_cannot_hold_are_escaped(tmp_path: Path, verdict: Verdict) -> None:
    root = written(tmp_path / "a.xml", [Finding('a\x01"<&\udcff.jpg', verdict)])
    assert list(outcomes(root)) == ['a\\x01"<&\\udcff.jpg']


def test_a_test_report_without_pictures_is_complete(tmp_path: Path) -> None:
    assert written(tmp_path / "a.xml", []).get("tests") == "0"


def test_the_output_can_be_read_back_to_resume(tmp_path: Path, verdict: Verdict) -> None:
    written(tmp_path / "a.xml", [Finding("a.jpg", verdict)])
    assert [row["path"] for row in JunitOutput(tmp_path / "a.xml").rows()] == ["a.jpg"]
