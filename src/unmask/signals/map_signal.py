"""Signals that are a map: a level at each place, drawn and in numbers, and the face's against its surroundings'."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.images import Picture
from unmask.preprocessing import Box
from unmask.signals.face_area import area_around
from unmask.signals.signal import Notice, Signal

Levels = NDArray[np.float64]
Band = tuple[float, float]
"""Between which logarithms of face over surroundings most real photographs lie."""

CELLS = 32
"""Cells along the longer side of the map in numbers."""


@dataclass(frozen=True, slots=True)
class LevelSignal:
    """A signal that reads a level at each place.

    Attributes:
        name: of the signal.
        title: for people.
        what: the levels in words.
        unit: what a level of 1 is.
        limits: what the signal does not say.
        measure: the levels of an RGB picture, `[h, w]`, 0 or more.
    """

    name: str
    title: str
    what: str
    unit: str
    limits: str
    measure: Callable[[Image.Image], Levels]

    def read(self, picture: Picture, box: Box | None, band: Band) -> Signal:
        """The map, and the level of the face in `box` against its surroundings'; the picture's middle without one."""
        area = area_around(picture, box)
        levels = self.measure(area.image)
        ratio = face_over_rest(levels, area.face) if area.face is not None else None
        state, reading = _comparison(ratio, band, self.what)
        white = float(np.percentile(levels, 99)) or 1.0
        details: dict[str, Any] = {
            "face_over_surroundings": None if ratio is None else float(np.exp(ratio)),
            "mean": float(levels.mean()),
            "unit": self.unit,
            "region": list(area.region),
            "levels": np.round(coarse(levels), 3).tolist(),
            "white_is": white,
        }
        notice = Notice.LOOK if state == "unusual" else Notice.NONE
        drawn = Image.fromarray((np.clip(levels / white, 0, 1) * 255).astype(np.uint8))
        return Signal(self.name, self.title, state, notice, reading, self.limits, details, drawn)


def face_over_rest(values: Levels, face: NDArray[np.bool_]) -> float:
    """The natural logarithm of the mean inside the face over the mean around it."""
    return float(np.log((values[face].mean() + 1e-6) / (values[~face].mean() + 1e-6)))


def coarse(values: Levels) -> Levels:
    """The means of about square cells, at most `CELLS` along the longer side and none smaller than a pixel."""
    height, width = values.shape
    scale = min(1.0, CELLS / max(height, width))
    rows, columns = (_edges(side, max(1, round(side * scale))) for side in (height, width))
    sums = np.add.reduceat(np.add.reduceat(values, rows[:-1], axis=0), columns[:-1], axis=1)
    return np.asarray(sums / np.outer(np.diff(rows), np.diff(columns)))


def _edges(side: int, cells: int) -> NDArray[np.intp]:
    """Where cells that divide a side as evenly as whole pixels allow begin, and where the last one ends."""
    return np.arange(cells + 1) * side // cells


def _comparison(ratio: float | None, band: Band, what: str) -> tuple[str, str]:
    """State and sentence for a face whose `what` is compared with its surroundings."""
    if ratio is None:
        return "map_only", f"No face with surroundings to compare {what} with; look at the map."
    times = f"{np.exp(ratio):.2f} times that of its surroundings"
    usual = f"98% of real photographs lie between {np.exp(band[0]):.2f} and {np.exp(band[1]):.2f}"
    if band[0] <= ratio <= band[1]:
        return "usual", f"The face's {what} is {times}; {usual}."
    return "unusual", f"The face's {what} is {times}, which is unusual: {usual}."
