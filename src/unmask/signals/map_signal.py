"""Signals that are a map: one level per pixel, and the face's mean level compared with that of its surroundings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.images import Picture
from unmask.preprocessing import Box
from unmask.signals.face_area import crop_face_area
from unmask.signals.signal import Severity, Signal

Levels = NDArray[np.float64]
Band = tuple[float, float]
"""Lower and upper bound of the log ratio, face over surroundings, in real photographs (98 % of them)."""

CELLS = 32
"""Cells along the longer side of the map in numbers."""


@dataclass(frozen=True, slots=True)
class MapSignal:
    """A signal that measures one level per pixel.

    Attributes:
        name: identifier of the signal.
        title: name shown to people.
        quantity: noun for the measured level, as used in the reading.
        unit: meaning of a level of 1.
        limits: what the signal does not show.
        measure: computes the levels of an RGB image, `[h, w]`, 0 or more.
    """

    name: str
    title: str
    quantity: str
    unit: str
    limits: str
    measure: Callable[[Image.Image], Levels]

    def read(self, picture: Picture, box: Box | None, band: Band) -> Signal:
        """Measure the area around the face in `box`, or the center of the image where `box` is None."""
        area = crop_face_area(picture, box)
        levels = self.measure(area.image)
        ratio = log_face_ratio(levels, area.face) if area.face is not None else None
        state, reading = _comparison(ratio, band, self.quantity)
        white = float(np.percentile(levels, 99)) or 1.0
        details: dict[str, Any] = {
            "face_over_surroundings": None if ratio is None else float(np.exp(ratio)),
            "mean": float(levels.mean()),
            "unit": self.unit,
            "region": list(area.region),
            "levels": np.round(block_means(levels), 3).tolist(),
            "white_is": white,
        }
        severity = Severity.LOOK if state == "unusual" else Severity.NONE
        drawn = Image.fromarray((np.clip(levels / white, 0, 1) * 255).astype(np.uint8))
        return Signal(self.name, self.title, state, severity, reading, self.limits, details, drawn)


def log_face_ratio(values: Levels, face: NDArray[np.bool_]) -> float:
    """Natural logarithm of the mean inside the face mask over the mean outside it."""
    return float(np.log((values[face].mean() + 1e-6) / (values[~face].mean() + 1e-6)))


def block_means(values: Levels) -> Levels:
    """Means over near-square cells, at most `CELLS` along the longer side; no cell is smaller than a pixel."""
    height, width = values.shape
    scale = min(1.0, CELLS / max(height, width))
    rows, columns = (_cell_edges(side, max(1, round(side * scale))) for side in (height, width))
    sums = np.add.reduceat(np.add.reduceat(values, rows[:-1], axis=0), columns[:-1], axis=1)
    return np.asarray(sums / np.outer(np.diff(rows), np.diff(columns)))


def _cell_edges(side: int, cells: int) -> NDArray[np.intp]:
    """Start of each cell along a side of `side` pixels, followed by the end of the last cell."""
    return np.arange(cells + 1) * side // cells


def _comparison(ratio: float | None, band: Band, quantity: str) -> tuple[str, str]:
    """State and reading for a face whose `quantity` is compared with its surroundings."""
    if ratio is None:
        return "map_only", f"The {quantity} was not compared: there is no face with surroundings. Look at the map."
    times = f"{np.exp(ratio):.2f} times that of its surroundings"
    usual = f"In 98% of real photographs this ratio is between {np.exp(band[0]):.2f} and {np.exp(band[1]):.2f}"
    if band[0] <= ratio <= band[1]:
        return "usual", f"The face's {quantity} is {times}. {usual}."
    return "unusual", f"The face's {quantity} is {times}, which is unusual. {usual}."
