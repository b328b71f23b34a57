"""Class activation maps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.explaining.known import KnownDetector, as_detector
from unmask import Detector
from unmask.errors import UsageError
from unmask.explaining import explain
from unmask.explaining.cam import cam
from unmask.verdict import Label


def test_error_names_the_model_without_a_map_and_the_alternative(known: KnownDetector, face: NDArray[np.uint8]) -> None:
    with pytest.raises(UsageError, match=r"known has no class activation map.*occlusion"):
        cam(as_detector(known), face)


def test_the_mean_of_the_cam_is_the_score(default_detector: Detector, astronaut: Path) -> None:
    shown = explain(default_detector, astronaut, method="cam", target=Label.FAKE, faithfulness=False)
    probability = shown.main.face.probability_fake
    assert float(shown.heatmap.mean()) == pytest.approx(np.log(probability / (1 - probability)), abs=1e-3)
    against = explain(default_detector, astronaut, method="cam", target=Label.REAL, faithfulness=False)
    assert np.array_equal(against.heatmap, -shown.heatmap)
