"""The noise signal: what is left when the smooth part is taken away, and whether the face has as much of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from unmask.images import Picture
from unmask.preparing import Box
from unmask.signals.area import area_around, comparison, face_over_rest, smoothed
from unmask.signals.ela import as_map
from unmask.signals.reference import reference
from unmask.signals.signal import Notice, Signal

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


def read_noise(picture: Picture, box: Box | None) -> Signal:
    """The map of noise, and the face's against its surroundings'."""
    area = area_around(picture, box)
    levels = noise_levels(area.image)
    ratio = face_over_rest(levels, area.face) if area.face is not None else None
    state, reading = comparison(ratio, reference().noise, "noise")
    details = {
        "face_over_surroundings": None if ratio is None else float(np.exp(ratio)),
        "region": list(area.region),
        "mean": float(levels.mean()),
    }
    notice = Notice.LOOK if state == "unusual" else Notice.NONE
    return Signal("noise", "Noise residual", state, notice, reading, LIMITS, details, as_map(levels))
