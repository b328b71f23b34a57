"""Occlusion: take away one square after another and see how far the score falls.

Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks" (2014). Needs nothing from the model but
its score, so it works for every model.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unmask.detector import Detector
from unmask.explaining.perturbation import Pixels, Progress, grid, log_odds, score_parts, unwatched

CELLS = 14
WINDOW = 3
"""Side of the square that is taken away, in cells; squares overlap and move by one cell."""


def occlusion(detector: Detector, pixels: Pixels, progress: Progress = unwatched) -> NDArray[np.float32]:
    """By how much each place raises the log-odds of `fake`, `[CELLS, CELLS]`.

    A place's value is the mean fall of the score over all squares that cover it.
    """
    segments = grid(pixels.shape[0], CELLS)
    squares = _squares()
    whole = log_odds(detector, pixels[None])[0]
    falls = whole - score_parts(detector, pixels, segments, ~squares, progress)
    covered = squares.astype(np.float32)
    return np.asarray((covered * falls[:, None]).sum(0) / covered.sum(0), dtype=np.float32).reshape(CELLS, CELLS)


def _squares() -> NDArray[np.bool_]:
    """Every square as a row of cells, cut off at the border so that each cell is covered equally often."""
    starts = range(1 - WINDOW, CELLS)
    rows = np.zeros((len(starts) ** 2, CELLS, CELLS), bool)
    for number, (top, left) in enumerate((t, w) for t in starts for w in starts):
        rows[number, max(top, 0) : top + WINDOW, max(left, 0) : left + WINDOW] = True
    return rows.reshape(len(rows), -1)
