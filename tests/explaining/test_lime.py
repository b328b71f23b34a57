"""LIME maps of a detector whose reasons are known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.explaining.known import SIDE, SPOT, KnownDetector, as_detector
from unmask.errors import UsageError
from unmask.explaining.lime import lime


def test_peak_and_number_of_inferences(known: KnownDetector, face: NDArray[np.uint8]) -> None:
    pytest.importorskip("skimage")
    seen: list[tuple[str, int, int | None]] = []
    heatmap = lime(as_detector(known), face, lambda *report: seen.append(report), samples=300)
    assert heatmap.shape == (SIDE, SIDE)
    assert heatmap[SPOT].mean() > 4 * heatmap.mean()
    assert known.inferences == 300
    assert seen[0] == ("lime", 0, 300)
    assert seen[-1] == ("lime", 300, 300)
    assert np.array_equal(heatmap, lime(as_detector(known), face, samples=300))


def test_too_few_samples_raise(known: KnownDetector, face: NDArray[np.uint8]) -> None:
    with pytest.raises(UsageError, match="at least"):
        lime(as_detector(known), face, samples=5)
