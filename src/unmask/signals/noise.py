"""The noise signal: how much fine noise the face has, compared with its surroundings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from unmask.signals.face_area import box_filter
from unmask.signals.map_signal import MapSignal

RADIUS = 6
"""Radius in pixels of the box filter over the squared residual."""
LIMITS = (
    "Sensor noise differs with brightness and focus. Compression and beauty filters remove it. A sharp face before a "
    "blurred background looks the same as a pasted face."
)


def noise_levels(image: Image.Image) -> NDArray[np.float64]:
    """Local root mean square of what a 3 × 3 median filter removes from an RGB image's luminance, `[h, w]`."""
    gray = image.convert("L")
    median = np.asarray(gray.filter(ImageFilter.MedianFilter(3)), dtype=np.float64)
    residual = np.asarray(gray, dtype=np.float64) - median
    return np.asarray(np.sqrt(box_filter(residual**2, RADIUS).clip(0)))


NOISE = MapSignal(
    name="noise",
    title="Noise residual",
    quantity="noise level",
    unit="root mean square of what a 3 × 3 median filter removes from the luminance, in steps of 0 to 255",
    limits=LIMITS,
    measure=noise_levels,
)
