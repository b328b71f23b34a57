"""Scores of faces with some parts blurred."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.explaining.known import SIDE, KnownDetector, as_detector
from unmask.explaining.perturbation import blur_pixels, grid_segments, log_odds, score_perturbed


def test_scores_equal_those_of_pictures_composed_by_hand(known: KnownDetector, face: NDArray[np.uint8]) -> None:
    segments = grid_segments(SIDE, 2)
    keep = np.array([[True] * 4, [False] * 4, [True, True, False, True]])
    scores = score_perturbed(as_detector(known), face, segments, keep)
    by_hand = np.where((segments == 2)[..., None], blur_pixels(face), face)
    expected = log_odds(as_detector(known), np.stack([face, blur_pixels(face), by_hand]))
    assert np.allclose(scores, expected)
