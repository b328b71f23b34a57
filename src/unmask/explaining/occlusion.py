"""Occlusion maps: hide one square after another and measure how far the score falls.

Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks" (2014). The method needs only the model's
score, so it works for every model.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unmask.detector import Detector
from unmask.explaining.perturbation import Pixels, grid_segments, log_odds, score_perturbed
from unmask.progress import Progress, no_progress

CELLS = 14
"""Cells along each side of the map."""
WINDOW = 3
"""Side of the hidden square in cells; squares overlap and move by one cell."""


def occlusion(detector: Detector, pixels: Pixels, progress: Progress = no_progress) -> NDArray[np.float32]:
    """How far each place raises the log-odds of `fake`, `[CELLS, CELLS]`.

    The value of a place is the mean fall of the score over all squares that cover it.
    """
    segments = grid_segments(pixels.shape[0], CELLS)
    squares = _squares()
    unperturbed = log_odds(detector, pixels[None])[0]
    falls = unperturbed - score_perturbed(detector, pixels, segments, ~squares, progress, task="occlusion")
    covered = squares.astype(np.float32)
    return np.asarray((covered * falls[:, None]).sum(0) / covered.sum(0), dtype=np.float32).reshape(CELLS, CELLS)


def _squares() -> NDArray[np.bool_]:
    """Masks of all squares, `[N, CELLS²]`; squares cross the border, so that each cell is covered equally often."""
    starts = range(1 - WINDOW, CELLS)
    rows = np.zeros((len(starts) ** 2, CELLS, CELLS), bool)
    for number, (top, left) in enumerate((t, w) for t in starts for w in starts):
        rows[number, max(top, 0) : top + WINDOW, max(left, 0) : left + WINDOW] = True
    return rows.reshape(len(rows), -1)
