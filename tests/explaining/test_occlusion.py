"""Occlusion maps of a detector whose reasons are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.explaining.known import KnownDetector, as_detector, peaks_in_spot
from unmask.explaining.occlusion import occlusion


def test_occlusion_peaks_where_the_score_depends(known: KnownDetector, face: NDArray[np.uint8]) -> None:
    heatmap = occlusion(as_detector(known), face)
    assert peaks_in_spot(heatmap)
    assert abs(heatmap[0, -1]) < 1e-6 * heatmap.max()
