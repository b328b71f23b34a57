"""`unmask review`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.conftest import Done, Run, application
from unmask import Detector
from unmask.datasets import Dataset


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory, astronaut: Path, detector: Detector) -> Path:
    """Findings of two pictures with a face: an unsure one, and a sure one of the control sample."""
    folder = tmp_path_factory.mktemp("scanned")
    verdict = detector.predict(astronaut, stability=False).to_dict()
    rows = []
    for name, label in (("one.jpg", "unsure"), ("two.jpg", "real")):
        (folder / name).write_bytes(astronaut.read_bytes())
        rows.append({**verdict, "path": str(folder / name), "label": label, "sha256": name.encode().hex().zfill(64)})
    (folder / "found.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / "found.jsonl"


def review(keys: str, *arguments: str | Path) -> Done:
    result = CliRunner().invoke(application(), ["review", *map(str, arguments)], input=keys, catch_exceptions=False)
    return Done(arguments, result.exit_code, result.stdout, result.stderr)


def test_decisions_are_kept_and_the_next_call_continues(findings: Path, tmp_path: Path) -> None:
    out = tmp_path / "reviewed.csv"
    options = (findings, "--out", out, "--reviewer", "ana", "--control", "1")
    first = review("fgq", *options)
    assert first.returncode == 0
    assert "1 of 2, unsure" in first.stdout
    assert "▀" in first.stdout
    assert [item.generator for item in Dataset.load(out)] == ["generated"]
    second = review("r", *options, "--no-show")
    assert "1 of 1, control" in second.stdout
    assert "▀" not in second.stdout
    assert "2 in the queue, 2 looked at: 1 real, 1 fake" in second.stdout
    assert sorted(item.label for item in Dataset.load(out)) == ["fake", "real"]


def test_a_second_reviewer_can_disagree(findings: Path, tmp_path: Path) -> None:
    options = (findings, "--out", tmp_path / "r.csv", "--control", "0", "--reviewers", "2", "--no-show")
    alone = review("r", *options, "--reviewer", "ana").stdout
    assert "1 wait for another reviewer" in alone
    assert "0 agreed labels" in alone
    done = review("fm", *options, "--reviewer", "ben")
    assert "1 disagreements" in done.stdout
    assert "wait for" not in done.stdout
    assert "ana: real, ben: fake" in done.stdout
    again = review("fm", *options, "--reviewer", "ana", "--disagreements")
    assert "1 of 1" in again.stdout
    assert "1 agreed labels" in again.stdout
    assert "1 of" not in review("r", *options, "--reviewer", "ben", "--disagreements").stdout


def test_back_returns_to_the_picture_before(findings: Path, tmp_path: Path) -> None:
    out = tmp_path / "r.csv"
    review("rbcf q", findings, "--out", out, "--reviewer", "ana", "--control", "1", "--no-show")
    lines = out.with_suffix(".decisions.jsonl").read_text().splitlines()
    assert [json.loads(line)["choice"] for line in lines] == ["real", "cannot_tell", "fake"]


def test_findings_or_the_history_must_be_named(run_cli: Run) -> None:
    assert run_cli("review").stderr == "unmask: name the findings of a scan, or pass --history\n"
