"""The error-level signal: save the picture once more and see where that changes most (Krawetz, 2007)."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.images import Picture
from unmask.preparing import Box
from unmask.signals.area import area_around, comparison, face_over_rest, smoothed
from unmask.signals.reference import reference
from unmask.signals.signal import Notice, Signal

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


def read_ela(picture: Picture, box: Box | None) -> Signal:
    """The map of error levels, and the face's level against its surroundings'."""
    area = area_around(picture, box)
    levels = error_levels(area.image)
    ratio = face_over_rest(levels, area.face) if area.face is not None else None
    state, reading = comparison(ratio, reference().ela, "error level")
    details = {
        "face_over_surroundings": None if ratio is None else float(np.exp(ratio)),
        "region": list(area.region),
        "mean": float(levels.mean()),
    }
    notice = Notice.LOOK if state == "unusual" else Notice.NONE
    picture_map = as_map(levels)
    return Signal("ela", "Error levels", state, notice, reading, LIMITS, details, picture_map)


def as_map(values: NDArray[np.float64]) -> Image.Image:
    """Values as a grey picture, black for 0 and white for the largest percent."""
    top = float(np.percentile(values, 99)) or 1.0
    return Image.fromarray((np.clip(values / top, 0, 1) * 255).astype(np.uint8))
