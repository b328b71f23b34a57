"""`explain()` with shipped models."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from unmask import Detector
from unmask.errors import UsageError
from unmask.explaining import Explanation, explain
from unmask.faces import FaceDetector, FoundFace
from unmask.images import Picture
from unmask.progress import Progress
from unmask.verdict import Label


def test_the_verdict_is_the_one_detect_gives(explanation: Explanation, detector: Detector, astronaut: Path) -> None:
    verdict = detector.predict(astronaut)
    assert explanation.verdict.label is verdict.label
    assert explanation.verdict.faces == verdict.faces
    assert [each.face for each in explanation.faces] == list(verdict.faces)


def test_the_explained_class_is_the_label_by_default(explanation: Explanation) -> None:
    main = explanation.main
    assert main.target is (Label.REAL if main.face.label is Label.REAL else Label.FAKE)


def test_the_wire_form_is_json_and_names_the_class(explanation: Explanation) -> None:
    content = json.loads(json.dumps(explanation.to_dict()))
    assert content["method"] == explanation.method
    face = content["faces"][0]
    assert face["explained_class"] in ("fake", "real")
    assert np.shape(face["heatmap"]) == explanation.faces[0].heatmap.shape
    assert 0 <= face["faithfulness"]["score"] <= 1


def test_a_picture_without_a_face_is_explained_whole(detector: Detector) -> None:
    gray = np.full((180, 240, 3), 120, np.uint8)
    whole = explain(detector, gray, faithfulness=False)
    assert whole.whole_picture
    assert len(whole.faces) == 1
    assert whole.faces[0].face.box == (0, 0, 240, 180)
    assert whole.faces[0].faithfulness is None


def test_a_custom_method_is_drawn_and_named(detector: Detector, astronaut: Path) -> None:
    def even(detector: Detector, pixels: np.ndarray, progress: Progress) -> np.ndarray:
        return np.ones((3, 3), np.float32)

    shown = explain(detector, astronaut, method="mine", faithfulness=False, methods={"mine": even})
    assert shown.to_dict()["method"] == "mine"
    assert shown.overlay().mode == "RGB"


def test_unknown_method_raises_and_lists_the_methods(detector: Detector, astronaut: Path) -> None:
    with pytest.raises(UsageError, match="magic"):
        explain(detector, astronaut, method="magic")


@pytest.mark.parametrize("picture", ["face", "no face"])
def test_faces_are_searched_once(
    detector: Detector, astronaut: Path, monkeypatch: pytest.MonkeyPatch, picture: str
) -> None:
    searched: list[Picture] = []
    search = FaceDetector.find_faces

    def find_faces(face_detector: FaceDetector, opened: Picture) -> tuple[FoundFace, ...]:
        searched.append(opened)
        return search(face_detector, opened)

    monkeypatch.setattr(FaceDetector, "find_faces", find_faces)
    explain(detector, astronaut if picture == "face" else np.full((180, 240, 3), 120, np.uint8), faithfulness=False)
    assert len(searched) == 1
