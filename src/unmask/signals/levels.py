"""What the maps have in common: a level at each place, and the face's against its surroundings'."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.images import Picture
from unmask.preparing import Box
from unmask.signals.area import area_around
from unmask.signals.signal import Notice, Signal

Levels = NDArray[np.float64]


def read_levels(
    picture: Picture,
    box: Box | None,
    measure: Callable[[Image.Image], Levels],
    band: tuple[float, float],
    *,
    name: str,
    title: str,
    what: str,
    limits: str,
) -> Signal:
    """A signal from a map of levels.

    Args:
        picture: the picture.
        box: of the face that is looked at; None takes the middle of the picture.
        measure: the levels of an RGB picture, `[h, w]`, 0 or more.
        band: between which logarithms of face over surroundings most real photographs lie.
        name: of the signal.
        title: for people.
        what: the levels in words.
        limits: what the signal does not say.
    """
    area = area_around(picture, box)
    levels = measure(area.image)
    ratio = face_over_rest(levels, area.face) if area.face is not None else None
    state, reading = _comparison(ratio, band, what)
    details = {
        "face_over_surroundings": None if ratio is None else float(np.exp(ratio)),
        "region": list(area.region),
        "mean": float(levels.mean()),
    }
    notice = Notice.LOOK if state == "unusual" else Notice.NONE
    return Signal(name, title, state, notice, reading, limits, details, _as_map(levels))


def face_over_rest(values: Levels, face: NDArray[np.bool_]) -> float:
    """The natural logarithm of the mean inside the face over the mean around it."""
    return float(np.log((values[face].mean() + 1e-6) / (values[~face].mean() + 1e-6)))


def _comparison(ratio: float | None, band: tuple[float, float], what: str) -> tuple[str, str]:
    """State and sentence for a face whose `what` is compared with its surroundings."""
    if ratio is None:
        return "map_only", f"No face with surroundings to compare {what} with; look at the map."
    times = f"{np.exp(ratio):.2f} times that of its surroundings"
    usual = f"98% of real photographs lie between {np.exp(band[0]):.2f} and {np.exp(band[1]):.2f}"
    if band[0] <= ratio <= band[1]:
        return "usual", f"The face's {what} is {times}; {usual}."
    return "unusual", f"The face's {what} is {times}, which is unusual: {usual}."


def _as_map(values: Levels) -> Image.Image:
    """Values as a grey picture, black for 0 and white for the largest percent."""
    top = float(np.percentile(values, 99)) or 1.0
    return Image.fromarray((np.clip(values / top, 0, 1) * 255).astype(np.uint8))
