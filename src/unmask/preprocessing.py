"""Pixels to model input: the one place that crops and scales a face, for training and for serving.

A face is judged on a square around its box. The square is `margin` times the longer side of the box,
never larger than the picture and moved inside it, so no border is ever invented. It is cut out as a patch of at most
1.5 times the model's input, on which the stability probe works too, and scaled to the input, anti-aliased.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.errors import UsageError
from unmask.images import Picture

Box = tuple[float, float, float, float]
"""`x, y, width, height` in pixels of the upright picture."""

FILTERS: dict[str, Image.Resampling] = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}

SEARCH_SIZE = 640
"""Long side at which faces are searched. No face is cut from a decoding with fewer pixels than the search has seen."""
PATCH_FACTOR = 1.5
"""The longest side of a patch as a multiple of the model's input."""


@dataclass(frozen=True, slots=True)
class Preprocessing:
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

    @property
    def patch_size(self) -> int:
        """The longest side of a patch in pixels; larger faces are scaled down to it."""
        return round(PATCH_FACTOR * self.size)

    def to_dict(self) -> dict[str, Any]:
        """The fields as plain JSON values."""
        return {"size": self.size, "margin": self.margin, "resample": self.resample}


def square_crop(box: Box, width: int, height: int, margin: float) -> Box:
    """The square region of a `width` × `height` picture that is judged for a face `box`."""
    x, y, w, h = box
    side = max(1.0, min(margin * max(w, h), width, height))
    left = min(max(x + w / 2 - side / 2, 0.0), width - side)
    top = min(max(y + h / 2 - side / 2, 0.0), height - side)
    return left, top, side, side


def clip_boxes(boxes: Sequence[Box], width: int, height: int) -> tuple[Box, ...]:
    """Boxes that someone else found, cut off at the border of a `width` × `height` picture, largest first.

    Raises:
        UsageError: they are no rows of four numbers, or one has less than a pixel in the picture.
    """
    try:
        given = np.asarray(boxes, np.float64)
    except (TypeError, ValueError):
        given = np.empty(0)
    if given.shape == (0,) and not len(boxes):
        return ()
    if given.ndim != 2 or given.shape[1] != 4:
        raise UsageError("boxes: give a list with x, y, width and height in pixels for each face")
    corners = np.concatenate([given[:, :2], given[:, :2] + given[:, 2:]], axis=1)
    inside = np.clip(corners, 0.0, [width, height, width, height])
    sides = inside[:, 2:] - inside[:, :2]
    for box, kept in zip(given.tolist(), (sides >= 1.0).all(axis=1), strict=True):
        if not kept:
            raise UsageError(
                f"box {box}: has no pixels in the {width} × {height} picture; x, y, width, height are pixels"
            )
    order = np.argsort(-sides.prod(axis=1), kind="stable")
    rows = np.concatenate([inside[:, :2], sides], axis=1)[order].tolist()
    return tuple((x, y, w, h) for x, y, w, h in rows)


def full_frame(width: int, height: int) -> Box:
    """The region that covers a whole picture, squeezed to a square when it is scaled."""
    return 0.0, 0.0, float(width), float(height)


def crop_resize(image: Image.Image, region: Box, size: int, resample: str = "bicubic") -> NDArray[np.uint8]:
    """Crop `region` from an RGB picture and scale it: uint8 `[size, size, 3]`."""
    x, y, w, h = region
    scaled = image.resize((size, size), FILTERS[resample], box=(x, y, x + w, y + h))
    return np.asarray(scaled, dtype=np.uint8)


def extract_patches(picture: Picture, regions: Sequence[Box], longest: int) -> list[Image.Image]:
    """The pixels of some regions of a picture, decoded at the smallest scale that still has as many as are wanted.

    Args:
        picture: the picture.
        regions: in pixels of the full-size upright picture.
        longest: larger regions are scaled down to this long side.

    Raises:
        CorruptImage: the picture cannot be decoded.
    """
    if not regions:
        return []
    extent = max(picture.width, picture.height)
    image = picture.rgb(max(SEARCH_SIZE / extent, *(longest / max(region[2:]) for region in regions)))
    scale = max(image.size) / extent
    return [_patch(image, region, scale, longest) for region in regions]


def _patch(image: Image.Image, region: Box, scale: float, longest: int) -> Image.Image:
    """A region's pixels; untouched where they are no more than `longest`, so that nothing is blurred twice."""
    x, y, w, h = (value * scale for value in region)
    corners = (x, y, min(x + w, image.width), min(y + h, image.height))
    shrink = longest / max(w, h)
    if shrink >= 1.0:
        left, top, right, bottom = (round(value) for value in corners)
        return image.crop((left, top, max(right, left + 1), max(bottom, top + 1)))
    extent = max(1, round(w * shrink)), max(1, round(h * shrink))
    return image.resize(extent, Image.Resampling.BICUBIC, box=corners)


def to_model_input(patches: Sequence[Image.Image], preparation: Preprocessing) -> NDArray[np.uint8]:
    """Patches as model input: uint8 `[N, size, size, 3]`."""
    size, resample = preparation.size, preparation.resample
    if not patches:
        return np.empty((0, size, size, 3), np.uint8)
    return np.stack([crop_resize(patch, full_frame(*patch.size), size, resample) for patch in patches])


def preprocess(picture: Picture, box: Box | None, preparation: Preprocessing) -> NDArray[np.uint8]:
    """The model's input for one face of a picture: uint8 `[size, size, 3]`.

    Args:
        picture: the picture.
        box: of the face, in pixels of the full-size upright picture; None takes the picture whole.
        preparation: how the model wants it.

    Raises:
        CorruptImage: the picture cannot be decoded.
    """
    extent = picture.width, picture.height
    region = square_crop(box, *extent, preparation.margin) if box else full_frame(*extent)
    crop: NDArray[np.uint8] = to_model_input(extract_patches(picture, [region], preparation.patch_size), preparation)[0]
    return crop
