"""Every kind of change to a record is detected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.record.forging import Record, failures, resealed
from unmask import Detector


def test_an_unchanged_record_passes(record: Record, detector: Detector, astronaut: Path) -> None:
    assert failures(record, astronaut, detector) == {}
    assert failures(json.loads(json.dumps(record)), astronaut, detector) == {}


def test_an_edit_is_found_by_the_digest(record: Record, detector: Detector) -> None:
    edited = {**record, "created": "1999-01-01T00:00:00+00:00"}
    assert "was edited" in failures(edited, None, detector)["digest"]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("verdict", "probability_fake"), 0.3123, "(recorded: 0.3123)"),
        (("verdict", "label"), "no_face", "(recorded: no_face)"),
        (("verdict", "faces"), [], "(recorded: 0)"),
        (("verdict", "thresholds", "fake_above"), 0.9999, "fake_above"),
        (("verdict", "faces", 0, "box"), [0, 0, 5, 5], "(recorded: [0, 0, 5, 5])"),
        (("verdict", "faces", 0, "stability"), None, "missing in the record"),
        (("model", "sha256"), "0" * 64, "name that file with --model"),
        (("tolerance",), 1.0, "tolerance of scores is 1"),
        (("tolerance",), -1.0, "0.001 at most"),
    ],
)
def test_a_forged_digest_fails_when_the_picture_is_judged_again(
    record: Record, detector: Detector, astronaut: Path, path: tuple[str | int, ...], value: Any, message: str
) -> None:
    forged = json.loads(json.dumps(record))
    place = forged
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    found = failures(resealed(forged), astronaut, detector)
    assert list(found) == ["scores"]
    assert message in found["scores"]


def test_another_picture_is_named(record: Record, detector: Detector, astronaut: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed.jpg"
    changed.write_bytes(astronaut.read_bytes() + b"\0")
    assert "The picture changed" in failures(record, changed, detector)["picture"]
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    assert "cannot be judged" in failures(record, broken, detector)["picture"]


def test_incomplete_records_fail_with_a_sentence(record: Record, detector: Detector, astronaut: Path) -> None:
    bare = resealed({"type": record["type"], "version": 1})
    assert "incomplete or invalid" in failures(bare, astronaut, detector)["record"]
    forged = resealed({**record, "tolerance": "much"})
    assert "incomplete or invalid" in failures(forged, astronaut, detector)["record"]
    assert "version 9" in failures({**record, "version": 9}, None, detector)["version"]
