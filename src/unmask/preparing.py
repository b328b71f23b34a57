"""Pixels to model input: the one place that crops and scales a face, for training and for serving.

A face is judged on a square around its box. The square is `margin` times the longer side of the box,
never larger than the picture and moved inside it, so no border is ever invented. It is scaled to the
model's input with an anti-aliased filter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Box = tuple[float, float, float, float]
"""`x, y, width, height` in pixels of the upright picture."""

FILTERS: dict[str, Image.Resampling] = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


@dataclass(frozen=True, slots=True)
class Preparation:
    """How a face becomes model input; travels inside the model file.

    Attributes:
        size: side of the square input in pixels.
        margin: side of the square crop as a multiple of the face box's longer side.
        resample: scaling filter, a key of `FILTERS`.
    """

    size: int = 224
    margin: float = 1.3
    resample: str = "bicubic"

    def __post_init__(self) -> None:
        if not 16 <= self.size <= 2048:
            raise ValueError(f"preparation: size {self.size} is outside 16..2048")
        if not 0.5 <= self.margin <= 4.0:
            raise ValueError(f"preparation: margin {self.margin} is outside 0.5..4")
        if self.resample not in FILTERS:
            raise ValueError(f"preparation: unknown filter {self.resample!r}; one of {', '.join(FILTERS)}")

    def to_dict(self) -> dict[str, Any]:
        """The fields as plain JSON values."""
        return {"size": self.size, "margin": self.margin, "resample": self.resample}


def square_around(box: Box, width: int, height: int, margin: float) -> Box:
    """The square region of a `width` × `height` picture that is judged for a face `box`."""
    x, y, w, h = box
    side = max(1.0, min(margin * max(w, h), width, height))
    left = min(max(x + w / 2 - side / 2, 0.0), width - side)
    top = min(max(y + h / 2 - side / 2, 0.0), height - side)
    return left, top, side, side


def whole(width: int, height: int) -> Box:
    """The region that covers a whole picture, squeezed to a square when it is scaled."""
    return 0.0, 0.0, float(width), float(height)


def cut(image: Image.Image, region: Box, size: int, resample: str = "bicubic") -> NDArray[np.uint8]:
    """Crop `region` from an RGB picture and scale it: uint8 `[size, size, 3]`."""
    x, y, w, h = region
    scaled = image.resize((size, size), FILTERS[resample], box=(x, y, x + w, y + h))
    return np.asarray(scaled, dtype=np.uint8)


def prepare(image: Image.Image, boxes: Sequence[Box], preparation: Preparation) -> NDArray[np.uint8]:
    """The model's input for each face box of an upright RGB picture: uint8 `[N, size, size, 3]`."""
    regions = (square_around(box, image.width, image.height, preparation.margin) for box in boxes)
    crops = [cut(image, region, preparation.size, preparation.resample) for region in regions]
    return np.stack(crops) if crops else np.empty((0, preparation.size, preparation.size, 3), np.uint8)
