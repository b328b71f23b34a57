"""What the detector says of a face when parts of it are taken away: the measurement most explanations rest on.

A face is divided into segments, numbered regions. A part that is taken away is replaced by a strongly blurred
copy of the face, which keeps colour and brightness and removes the detail in which traces of forgery lie.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from unmask.detector import Detector

Pixels = NDArray[np.uint8]
"""A face as model input: uint8 `[size, size, 3]`."""

Progress = Callable[[int, int], None]
"""Told how many of how many inferences are done."""

BATCH = 16
BLUR = 1 / 16
"""Radius of the blur as a share of the input's side."""


def unwatched(done: int, total: int) -> None:
    """Progress nobody looks at."""


def log_odds(detector: Detector, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The calibrated log-odds of `fake` for each of uint8 `[N, size, size, 3]`."""
    calibration = detector.card.calibration
    return np.asarray(calibration.slope * detector.run(pixels)["logit"] + calibration.intercept, dtype=np.float32)


def blurred(pixels: Pixels) -> Pixels:
    """What stands in for the parts that are taken away."""
    radius = pixels.shape[0] * BLUR
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(radius)), dtype=np.uint8)


def grid(side: int, cells: int) -> NDArray[np.intp]:
    """Square segments: numbers `0 … cells² - 1`, row by row, as `[side, side]`."""
    index = np.arange(side) * cells // side
    return index[:, None] * cells + index[None, :]


def score_parts(
    detector: Detector,
    pixels: Pixels,
    segments: NDArray[np.intp],
    keep: NDArray[np.bool_],
    progress: Progress = unwatched,
) -> NDArray[np.float32]:
    """The log-odds of `fake` with only some segments left in place.

    Args:
        detector: the model that is asked.
        pixels: the face.
        segments: the number of the segment each pixel belongs to, `[size, size]`.
        keep: one row per question, `[N, segments]`; False takes a segment away.
        progress: told after every batch.

    Returns:
        `[N]`, in the order of `keep`.
    """
    filling = blurred(pixels)
    scores = np.empty(len(keep), np.float32)
    for start in range(0, len(keep), BATCH):
        chosen = keep[start : start + BATCH][:, segments]
        batch = np.where(chosen[..., None], pixels, filling)
        scores[start : start + len(batch)] = log_odds(detector, batch)
        progress(start + len(batch), len(keep))
    return scores
