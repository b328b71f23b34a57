"""The error-level signal: how much each place changes when the image is saved again as JPEG (Krawetz, 2007)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask._encoding import reencode
from unmask.signals.face_area import box_filter
from unmask.signals.map_signal import MapSignal

QUALITY = 90
RADIUS = 4
"""Radius in pixels of the box filter over the differences."""
LIMITS = (
    "In every picture, edges, texture and saturated colors change more than smooth skin. Saving the whole file once "
    "more evens out the differences. Compare like with like: skin with skin, edge with edge."
)


def error_levels(image: Image.Image) -> NDArray[np.float64]:
    """The smoothed change of each pixel of an RGB image when it is saved again, `[h, w]`."""
    again = np.asarray(reencode(image, "JPEG", quality=QUALITY), dtype=np.float64)
    return box_filter(np.abs(np.asarray(image, dtype=np.float64) - again).mean(2), RADIUS)


ELA = MapSignal(
    name="ela",
    title="Error levels",
    quantity="error level",
    unit=f"mean change of a color channel when saved again at JPEG quality {QUALITY}, in steps of 0 to 255",
    limits=LIMITS,
    measure=error_levels,
)
