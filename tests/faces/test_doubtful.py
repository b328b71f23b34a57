from __future__ import annotations

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

from unmask import Detector
from unmask.cli.console import details
from unmask.faces import FoundFace, flag_face, is_doubtful
from unmask.faces.doubtful import DOUBTFUL_SCORE
from unmask.verdict import DOUBTFUL_FACE, Face, Label, ModelReference, Thresholds, Verdict

FAKE = Face((1, 2, 30, 40), Label.FAKE, 0.99)


def bundled(name: str) -> NDArray[np.uint8]:
    """A picture bundled with scikit-image."""
    return np.asarray(getattr(skimage.data, name)())


def test_a_doubtful_face_is_unsure_with_a_reason() -> None:
    assert is_doubtful(DOUBTFUL_SCORE - 0.01)
    face = flag_face(FAKE, DOUBTFUL_SCORE - 0.01)
    assert (face.label, face.reason) == (Label.UNSURE, DOUBTFUL_FACE)
    assert face.probability_fake == 0.99
    assert Face.from_dict(face.to_dict()) == face


def test_a_certain_face_keeps_its_label() -> None:
    assert not is_doubtful(DOUBTFUL_SCORE)
    face = flag_face(FAKE, DOUBTFUL_SCORE)
    assert (face.label, face.reason, face.detection_score) == (Label.FAKE, None, DOUBTFUL_SCORE)
    assert "reason" not in face.to_dict()


def test_a_given_box_has_no_detection_score() -> None:
    assert flag_face(FAKE, None) == FAKE
    assert FAKE.to_dict().keys() == {"box", "label", "probability_fake", "stability"}


def test_the_label_can_be_kept() -> None:
    face = flag_face(FAKE, 0.5, flag_doubtful=False)
    assert (face.label, face.reason, face.detection_score) == (Label.FAKE, None, 0.5)


@pytest.mark.parametrize("name", ["chelsea", "retina"])
def test_a_cat_and_a_retina_get_no_sure_label(detector: Detector, name: str) -> None:
    verdict = detector.predict(bundled(name))
    assert verdict.label in (Label.NO_FACE, Label.UNSURE)
    assert all(face.reason == DOUBTFUL_FACE for face in verdict.faces)


def test_the_detector_flags_only_searched_faces(detector: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = bundled("astronaut")
    box = (175.0, 65.0, 96.0, 129.0)
    monkeypatch.setattr(
        type(detector._face_detector), "find_faces", lambda *_: (FoundFace(box, DOUBTFUL_SCORE - 0.05, ()),)
    )
    searched, given = detector.predict(pixels), detector.predict(pixels, boxes=[box])
    assert searched.faces[0].reason == DOUBTFUL_FACE
    assert searched.label is Label.UNSURE
    assert searched.smallest_face == 13
    assert given.faces[0].detection_score is None
    assert given.label is Label.REAL
    assert given.smallest_face is None
    assert detector.predict(pixels, flag_doubtful=False).label is Label.REAL


def test_the_verdict_on_a_portrait_has_a_detection_score(detector: Detector) -> None:
    verdict = detector.predict(bundled("astronaut"))
    score = verdict.faces[0].detection_score
    assert score is not None
    assert score > DOUBTFUL_SCORE
    assert verdict.to_dict()["faces"][0]["detection_score"] == score
    assert verdict.to_dict()["smallest_face"] == 13


def test_the_details_name_a_doubtful_face(detector: Detector) -> None:
    verdict = Verdict.from_faces(
        (flag_face(FAKE, 0.5), flag_face(FAKE, 0.9)),
        Thresholds(0.2, 0.8),
        ModelReference("default", "1", "ab"),
        path="cat.jpg",
        sha256="ab",
        size=(100, 100),
        format="JPEG",
        seconds=0.1,
    )
    doubtful, certain, *_ = (line.plain for line in details(verdict, detector.card))
    assert "perhaps not a face (detection score 0.50)" in doubtful
    assert "perhaps" not in certain
