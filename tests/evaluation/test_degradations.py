from __future__ import annotations

import numpy as np
from PIL import Image

from unmask.evaluation.degradations import Degradation


def picture(width: int, height: int) -> Image.Image:
    rng = np.random.default_rng(0)
    return Image.fromarray(rng.integers(0, 255, (height, width, 3), np.uint8))


def test_noise_is_the_same_for_the_same_picture() -> None:
    noisy = [np.asarray(Degradation(noise=10).apply(picture(64, 48)), int) for _ in range(2)]
    assert np.array_equal(*noisy)
    assert 6 < np.abs(noisy[0] - np.asarray(picture(64, 48), int)).mean() < 9


def test_blur_softens() -> None:
    blurred = np.asarray(Degradation(blur=2).apply(picture(64, 48)), int)
    assert (
        np.abs(np.diff(blurred, axis=1)).mean() < 0.3 * np.abs(np.diff(np.asarray(picture(64, 48), int), axis=1)).mean()
    )
