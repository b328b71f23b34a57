"""Scores of a face with some of its parts blurred: the measurement behind occlusion, LIME and faithfulness.

A face is divided into numbered segments. A removed segment is replaced by the same place of a strongly blurred copy of
the face. The blur keeps color and brightness and removes the fine detail in which traces of forgery lie.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from unmask.detector import Detector
from unmask.progress import Progress, no_progress

Pixels = NDArray[np.uint8]
"""A face as model input: uint8 `[size, size, 3]`."""

BATCH = 16
BLUR = 1 / 16
"""Radius of the blur as a share of the input's side."""


def log_odds(detector: Detector, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Calibrated log-odds of `fake` for each face of uint8 `[N, size, size, 3]`."""
    calibration = detector.card.calibration
    return np.asarray(calibration.slope * detector.run(pixels)["logit"] + calibration.intercept, dtype=np.float32)


def blur_pixels(pixels: Pixels) -> Pixels:
    """The blurred copy of a face that fills removed segments."""
    radius = pixels.shape[0] * BLUR
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(radius)), dtype=np.uint8)


def grid_segments(side: int, cells: int) -> NDArray[np.intp]:
    """Square segments numbered `0 … cells² - 1` row by row, `[side, side]`."""
    index = np.arange(side) * cells // side
    return index[:, None] * cells + index[None, :]


def score_perturbed(
    detector: Detector,
    pixels: Pixels,
    segments: NDArray[np.intp],
    keep: NDArray[np.bool_],
    progress: Progress = no_progress,
    *,
    task: str = "scoring",
) -> NDArray[np.float32]:
    """Log-odds of `fake` of perturbed copies of a face.

    Args:
        detector: the model.
        pixels: the face.
        segments: number of each pixel's segment, `[size, size]`.
        keep: one row per copy, `[N, segments]`; False removes a segment.
        progress: receives the number of scored copies after every batch.
        task: name of the work, for `progress`.

    Returns:
        Log-odds `[N]`, in the order of `keep`.
    """
    filling = blur_pixels(pixels)
    scores = np.empty(len(keep), np.float32)
    progress(task, 0, len(keep))
    for start in range(0, len(keep), BATCH):
        chosen = keep[start : start + BATCH][:, segments]
        batch = np.where(chosen[..., None], pixels, filling)
        scores[start : start + len(batch)] = log_odds(detector, batch)
        progress(task, start + len(batch), len(keep))
    return scores
