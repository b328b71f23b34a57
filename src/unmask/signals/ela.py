"""The error-level signal: save the picture once more and see where that changes most (Krawetz, 2007)."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.signals.face_area import smoothed
from unmask.signals.map_signal import LevelSignal

QUALITY = 90
SMOOTH = 4
LIMITS = (
    "Edges, texture and saturated colours change more than smooth skin in any picture, and one save of the whole file "
    "levels the differences. Compare like with like: skin with skin, edge with edge."
)


def error_levels(image: Image.Image) -> NDArray[np.float64]:
    """How much each place of an RGB picture changes when it is saved again, `[h, w]`, smoothed."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=QUALITY)
    again = np.asarray(Image.open(buffer).convert("RGB"), dtype=np.float64)
    return smoothed(np.abs(np.asarray(image, dtype=np.float64) - again).mean(2), SMOOTH)


ELA = LevelSignal(
    "ela",
    "Error levels",
    "error level",
    f"mean change of a colour channel when saved again at JPEG quality {QUALITY}, in steps of 0 to 255",
    LIMITS,
    error_levels,
)
