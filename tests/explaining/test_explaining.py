"""`explain()` with shipped models."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from unmask import Detector, UsageError
from unmask.explaining import Explanation, explain
from unmask.explaining.perturbation import Progress
from unmask.explaining.overlay import overlaid
from unmask.verdict import Label


@pytest.fixture(scope="module")
def explanation(detector: Detector, astronaut: Path) -> Explanation:
    return explain(detector, astronaut)


def test_the_verdict_is_the_one_detect_gives(explanation: Explanation, detector: Detector, astronaut: Path) -> None:
    verdict = detector.predict(astronaut)
    assert explanation.verdict.label is verdict.label
    assert explanation.verdict.faces == verdict.faces
    assert [each.face for each in explanation.faces] == list(verdict.faces)


def test_the_cam_adds_up_to_the_score(default_detector: Detector, astronaut: Path) -> None:
    shown = explain(default_detector, astronaut, method="cam", target=Label.FAKE, faithfulness=False)
    probability = shown.main.face.probability_fake
    assert float(shown.heatmap.mean()) == pytest.approx(np.log(probability / (1 - probability)), abs=1e-3)
    against = explain(default_detector, astronaut, method="cam", target=Label.REAL, faithfulness=False)
    assert np.array_equal(against.heatmap, -shown.heatmap)


def test_the_class_explained_is_the_label_unless_another_is_asked_for(explanation: Explanation) -> None:
    main = explanation.main
    assert main.target is (Label.REAL if main.face.label is Label.REAL else Label.FAKE)


def test_the_wire_form_is_json_and_names_the_class(explanation: Explanation) -> None:
    content = json.loads(json.dumps(explanation.to_dict()))
    assert content["method"] == explanation.method
    face = content["faces"][0]
    assert face["explained_class"] in ("fake", "real")
    assert np.shape(face["heatmap"]) == explanation.faces[0].heatmap.shape
    assert 0 <= face["faithfulness"]["score"] <= 1


def test_the_drawing_has_a_row_for_each_face(explanation: Explanation) -> None:
    drawing = explanation.overlay()
    assert drawing.mode == "RGB"
    assert drawing.width > 700
    assert drawing.height > 320 * len(explanation.faces)
    laid = overlaid(explanation.main, 200)
    assert laid.size == (200, 200)


def test_a_picture_without_a_face_is_explained_whole(detector: Detector) -> None:
    grey = np.full((180, 240, 3), 120, np.uint8)
    whole = explain(detector, grey, faithfulness=False)
    assert whole.whole_picture
    assert len(whole.faces) == 1
    assert whole.faces[0].face.box == (0, 0, 240, 180)
    assert whole.faces[0].faithfulness is None


def test_a_method_of_ones_own_is_drawn_and_told(detector: Detector, astronaut: Path) -> None:
    def even(judge: Detector, pixels: np.ndarray, progress: Progress) -> np.ndarray:
        return np.ones((3, 3), np.float32)

    shown = explain(detector, astronaut, method="mine", faithfulness=False, methods={"mine": even})
    assert shown.to_dict()["method"] == "mine"
    assert shown.overlay().mode == "RGB"


def test_unknown_methods_are_refused_by_name(detector: Detector, astronaut: Path) -> None:
    with pytest.raises(UsageError, match="magic"):
        explain(detector, astronaut, method="magic")
