from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from unmask import Detector, make_record
from unmask.errors import UsageError
from unmask.record import compare_records


@pytest.fixture
def record(detector: Detector, astronaut: Path) -> dict[str, Any]:
    verdict = detector.predict(astronaut, stability=False)
    return make_record(detector, verdict, whole_picture=False, stability=False)


def test_a_record_equals_itself(record: dict[str, Any]) -> None:
    found = compare_records(record, copy.deepcopy(record))
    assert (found.same_input, found.same_model, found.same_settings) == (True, True, True)
    assert "the same within" in found.reading


def test_differences_are_named(record: dict[str, Any]) -> None:
    other = copy.deepcopy(record)
    other["input"]["sha256"] = "0" * 64
    other["model"]["sha256"] = "1" * 64
    other["settings"]["stability"] = True
    other["verdict"] |= {"label": "no_face", "probability_fake": None, "faces": []}
    found = compare_records(record, other)
    assert (found.same_input, found.same_model, found.same_settings) == (False, False, False)
    for part in (
        "different files",
        "cannot be compared",
        "different settings",
        "real and no_face",
        "no score",
        "1 and 0",
    ):
        assert part in found.reading


def test_an_incomplete_record_is_an_error(record: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="incomplete"):
        compare_records(record, {"type": "unmask.record"})
