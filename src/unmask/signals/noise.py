"""The noise signal: what is left when the smooth part is taken away, and whether the face has as much of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from unmask.signals.face_area import smoothed
from unmask.signals.map_signal import LevelSignal

SMOOTH = 6
LIMITS = (
    "Sensor noise differs with brightness and focus, and compression and beauty filters remove it; a sharp face before "
    "a blurred background looks the same as a pasted one."
)


def noise_levels(image: Image.Image) -> NDArray[np.float64]:
    """The local strength of what a three by three median filter removes from an RGB picture, `[h, w]`."""
    grey = image.convert("L")
    left = np.asarray(grey, dtype=np.float64) - np.asarray(grey.filter(ImageFilter.MedianFilter(3)), dtype=np.float64)
    return np.asarray(np.sqrt(smoothed(left**2, SMOOTH).clip(0)))


NOISE = LevelSignal(
    "noise",
    "Noise residual",
    "noise",
    "root mean square of what a 3 × 3 median filter removes from the luminance, in steps of 0 to 255",
    LIMITS,
    noise_levels,
)
