from __future__ import annotations

import json
from contextlib import chdir
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.schemas import validate
from unmask import Detector, Failure, Finding, Label
from unmask.cli.failure_rule import FailureRule
from unmask.cli.options import FailOn
from unmask.cli.summary import Summary
from unmask.errors import UsageError
from unmask.scanning.outputs.sarif import SCHEMA


@pytest.fixture(autouse=True)
def separate_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNMASK_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path: Path, astronaut: Path) -> Path:
    """A real picture, an unsure one and a broken one."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "real.jpg").write_bytes(astronaut.read_bytes())
    (tmp_path / "in" / "unsure.jpg").write_bytes(astronaut.with_name("blended.jpg").read_bytes())
    (tmp_path / "in" / "broken.jpg").write_text("no picture")
    return tmp_path / "in"


@pytest.fixture(scope="module")
def findings(detector: Detector, astronaut: Path) -> list[Finding]:
    """One finding of each label, with the probability of fake 0.012, and a failure."""
    verdict = detector.predict(astronaut, stability=False)
    judged = [Finding(f"{label}.jpg", replace(verdict, label=label)) for label in Label]
    return [*judged, Finding("broken.jpg", Failure("corrupt_image", "damaged"))]


@pytest.mark.parametrize(
    ("fail_on", "above", "failing", "code"),
    [
        ([], None, [], 4),
        ([FailOn.FAKE], None, ["fake.jpg"], 3),
        ([FailOn.UNSURE, FailOn.FAKE], None, ["fake.jpg", "unsure.jpg"], 3),
        ([FailOn.FAILURE], None, ["broken.jpg"], 3),
        ([], 0.9, [], 4),
        ([], 0.001, ["fake.jpg", "no_face.jpg", "real.jpg", "unsure.jpg"], 3),
    ],
)
def test_exit_codes_follow_the_rule(
    findings: list[Finding], fail_on: list[FailOn], above: float | None, failing: list[str], code: int
) -> None:
    rule = FailureRule.from_options(fail_on, above)
    assert sorted(finding.path for finding in findings if rule.fails(finding)) == failing
    summary = Summary(rule=rule)
    for finding in findings:
        summary.add(finding)
    assert summary.exit_code() == code


def test_a_limit_that_is_no_probability_is_an_error() -> None:
    with pytest.raises(UsageError, match="between 0 and 1"):
        FailureRule.from_options(None, 2)


def test_scan_writes_sarif_whose_paths_start_in_the_current_folder(fast_cli: Run, folder: Path, tmp_path: Path) -> None:
    with chdir(tmp_path):
        done = fast_cli(
            "scan", "in", "--out", "found.txt", "--format", "sarif", "--fail-on", "unsure", "--workers", "1"
        )
        log = json.loads(Path("found.txt").read_text("utf-8"))
    assert done.returncode == 3
    validate(log, SCHEMA)
    (result,) = log["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "in/unsure.jpg"
    assert result["level"] == "error"


def test_a_format_needs_a_file(fast_cli: Run, folder: Path) -> None:
    done = fast_cli("scan", folder, "--format", "sarif")
    assert done.returncode == 2
    assert "add --out" in done.stderr
