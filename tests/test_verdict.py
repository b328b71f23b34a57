from __future__ import annotations

import pytest

from unmask import Face, Failure, Finding, Label, Stability, Thresholds, Verdict
from unmask.errors import MissingFile
from unmask.verdict import ModelReference, display_probability, picture_label

RULE = Thresholds(0.3, 0.8)


def face(probability: float) -> Face:
    return Face((1, 2, 3, 4), RULE.label(probability), probability)


def verdict(*faces: Face) -> Verdict:
    top = max((each.probability_fake for each in faces), default=None)
    model = ModelReference("default", "1", "ab")
    return Verdict("a.jpg", "cd", 10, 20, "JPEG", picture_label(faces), top, RULE, faces, model, 0.12345)


@pytest.mark.parametrize(
    ("probability", "label"),
    [(0.1, "real"), (0.3, "unsure"), (0.5, "unsure"), (0.8, "unsure"), (0.80001, "fake")],
)
def test_thresholds_determine_the_label_of_a_face(probability: float, label: str) -> None:
    assert RULE.label(probability) == label


def test_thresholds_in_words() -> None:
    assert str(RULE) == "fake above 80.0%, real below 30.0%"
    assert str(Thresholds(1e-13, 0.8)) == "fake above 80.0%, never real"


def test_the_label_of_a_picture_follows_its_faces() -> None:
    assert verdict(face(0.1), face(0.9), face(0.5)).label is Label.FAKE
    assert verdict(face(0.1), face(0.5)).label is Label.UNSURE
    assert verdict(face(0.1), face(0.2)).label is Label.REAL
    assert verdict().label is Label.NO_FACE


def test_confidence_is_the_displayed_probability_of_the_label() -> None:
    assert verdict(face(0.9)).confidence == pytest.approx(0.9)
    assert verdict(face(0.1)).confidence == pytest.approx(0.9)
    assert verdict(face(0.999999)).confidence == 0.999
    assert verdict(face(0.5)).confidence is None
    assert verdict().confidence is None
    assert display_probability(0.0) == 0.001


def test_wire_form_keeps_its_keys_and_their_order() -> None:
    row = verdict(Face((1, 2, 3, 4), Label.FAKE, 0.9, Stability(0.8, 0.95, 0))).to_dict()
    keys = "path sha256 width height format label probability_fake thresholds faces model seconds"
    assert list(row) == keys.split()
    assert row["thresholds"] == {"real_below": 0.3, "fake_above": 0.8}
    assert row["faces"] == [
        {
            "box": [1, 2, 3, 4],
            "label": "fake",
            "probability_fake": 0.9,
            "stability": {"min": 0.8, "max": 0.95, "flips": 0},
        }
    ]
    assert row["model"] == {"name": "default", "version": "1", "sha256": "ab"}


def test_a_finding_is_a_verdict_or_a_failure() -> None:
    good = Finding("b.jpg", verdict(face(0.9)))
    bad = Finding("c.jpg", Failure.from_error(MissingFile("c.jpg: no such file")))
    assert good.verdict is not None
    assert good.failure is None
    assert good.to_dict()["path"] == "b.jpg"
    assert bad.verdict is None
    assert bad.to_dict() == {"path": "c.jpg", "problem": {"code": "missing_file", "message": "c.jpg: no such file"}}
