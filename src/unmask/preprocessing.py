"""Preprocessing: crops and scales a face to the model's input. Training and inference share this module.

The crop is a square around the face box with a side of `margin` times the longer side of the box. It is never larger
than the picture and is moved inside it, so that no padding is needed. The crop becomes a patch of at most 1.5 times the
model's input size, which the stability probe re-encodes. The patch is scaled to the input size with anti-aliasing.

With `min_side` equal to the input size, the crop has at least as many pixels as the input: small faces are shown with
their surroundings at the picture's own resolution, without scaling (native resolution), and only larger ones are scaled
down. A model that also needs the face alone cuts it out of its input at the face region.
"""

from __future__ import annotations

import math
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
FaceRegion = tuple[float, float, float, float]
"""The square crop around a face without `min_side`: `x, y, width, height` as shares of the side of the input."""
WHOLE_INPUT: FaceRegion = (0.0, 0.0, 1.0, 1.0)

FILTERS: dict[str, Image.Resampling] = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}

SEARCH_SIZE = 640
"""Long side in pixels at which pictures of up to 1280 pixels are searched for faces."""
SEARCH_SCALE = 0.5
"""Scale at which larger pictures are searched."""
MAX_SEARCH_PIXELS = 16_000_000
"""Largest number of pixels to search at `SEARCH_SCALE`; larger pictures are searched at a smaller scale."""
PATCH_FACTOR = 1.5
"""Longest side of a patch as a multiple of the model's input size."""


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """Preprocessing settings of a model; stored in its card.

    Attributes:
        size: side of the square input in pixels.
        margin: side of the square crop as a multiple of the face box's longer side.
        resample: scaling filter, a key of `FILTERS`.
        min_side: smallest side of the square crop in pixels, limited by the picture; 0 for no limit.
    """

    size: int = 224
    margin: float = 1.3
    resample: str = "bicubic"
    min_side: int = 0

    def __post_init__(self) -> None:
        if not 16 <= self.size <= 2048:
            raise ValueError(f"preprocessing: size {self.size} is outside 16..2048")
        if not 0.5 <= self.margin <= 4.0:
            raise ValueError(f"preprocessing: margin {self.margin} is outside 0.5..4")
        if self.resample not in FILTERS:
            raise ValueError(f"preprocessing: unknown filter {self.resample!r}; one of {', '.join(FILTERS)}")
        if not 0 <= self.min_side <= 2048:
            raise ValueError(f"preprocessing: min_side {self.min_side} is outside 0..2048")

    @property
    def patch_size(self) -> int:
        """Longest side of a patch in pixels; larger crops are scaled down to it."""
        return round(PATCH_FACTOR * self.size)

    def to_dict(self) -> dict[str, Any]:
        """The fields as plain JSON values."""
        fields: dict[str, Any] = {"size": self.size, "margin": self.margin, "resample": self.resample}
        return fields | {"min_side": self.min_side} if self.min_side else fields

    def region(self, box: Box, width: int, height: int) -> Box:
        """The square crop around a face `box` in a picture of `width` × `height` pixels."""
        return square_crop(box, width, height, self.margin, self.min_side)

    def face_region(self, box: Box, width: int, height: int) -> FaceRegion:
        """The crop around a face `box` without `min_side`, within the crop that the model sees."""
        left, top, side, _ = self.region(box, width, height)
        x, y, w, h = square_crop(box, width, height, self.margin)
        return (x - left) / side, (y - top) / side, w / side, h / side


def search_scale(width: int, height: int) -> float:
    """Scale at which a picture is searched for faces; they are cropped from pixels of at least this resolution."""
    finest = min(SEARCH_SCALE, math.sqrt(MAX_SEARCH_PIXELS / (width * height)))
    return max(SEARCH_SIZE / max(width, height), finest)


def square_crop(box: Box, width: int, height: int, margin: float, min_side: float = 0) -> Box:
    """The square around a `box` in a picture of `width` × `height` pixels: `margin` times its longer side, or more.

    Args:
        box: `x, y, width, height` in pixels.
        width: of the picture in pixels; the square lies inside it.
        height: of the picture in pixels.
        margin: side of the square as a multiple of the box's longer side.
        min_side: smallest side of the square in pixels.
    """
    x, y, w, h = box
    side = max(1.0, min(max(margin * max(w, h), min_side), width, height))
    left = min(max(x + w / 2 - side / 2, 0.0), width - side)
    top = min(max(y + h / 2 - side / 2, 0.0), height - side)
    return left, top, side, side


def clip_boxes(boxes: Sequence[Box], width: int, height: int) -> tuple[Box, ...]:
    """Boxes from a caller, clipped to a picture of `width` × `height` pixels and sorted by area, largest first.

    Raises:
        UsageError: the boxes are not rows of four numbers, or one has less than a pixel inside the picture.
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
    """The region that covers a whole picture; scaling to the model's input makes it a square."""
    return 0.0, 0.0, float(width), float(height)


def crop_resize(image: Image.Image, region: Box, size: int, resample: str = "bicubic") -> NDArray[np.uint8]:
    """Crop `region` of an RGB picture and scale it: uint8 `[size, size, 3]`."""
    x, y, w, h = region
    scaled = image.resize((size, size), FILTERS[resample], box=(x, y, x + w, y + h))
    return np.asarray(scaled, dtype=np.uint8)


def extract_patches(picture: Picture, regions: Sequence[Box], longest: int) -> list[Image.Image]:
    """The pixels of regions of a picture, decoded at the smallest scale that is large enough.

    Args:
        picture: the picture.
        regions: in pixels of the full-size upright picture.
        longest: longest side of a patch in pixels; larger regions are scaled down to it.

    Raises:
        CorruptImage: the picture cannot be decoded.
    """
    if not regions:
        return []
    extent = max(picture.width, picture.height)
    finest = search_scale(picture.width, picture.height)
    image = picture.rgb(max(finest, *(longest / max(region[2:]) for region in regions)))
    scale = max(image.size) / extent
    return [_patch(image, region, scale, longest) for region in regions]


def _patch(image: Image.Image, region: Box, scale: float, longest: int) -> Image.Image:
    """A region's pixels, resampled only if the region is larger than `longest`; `to_model_input` resamples later."""
    x, y, w, h = (value * scale for value in region)
    corners = (x, y, min(x + w, image.width), min(y + h, image.height))
    shrink = longest / max(w, h)
    if shrink >= 1.0:
        left, top, right, bottom = (round(value) for value in corners)
        return image.crop((left, top, max(right, left + 1), max(bottom, top + 1)))
    extent = max(1, round(w * shrink)), max(1, round(h * shrink))
    return image.resize(extent, Image.Resampling.BICUBIC, box=corners)


def to_model_input(patches: Sequence[Image.Image], preprocessing: Preprocessing) -> NDArray[np.uint8]:
    """Patches as model input: uint8 `[N, size, size, 3]`."""
    size, resample = preprocessing.size, preprocessing.resample
    if not patches:
        return np.empty((0, size, size, 3), np.uint8)
    return np.stack([crop_resize(patch, full_frame(*patch.size), size, resample) for patch in patches])


def preprocess(picture: Picture, box: Box | None, preprocessing: Preprocessing) -> NDArray[np.uint8]:
    """Model input for one face of a picture: uint8 `[size, size, 3]`.

    Args:
        picture: the picture.
        box: of the face, in pixels of the full-size upright picture; None uses the whole picture.
        preprocessing: settings of the model.

    Raises:
        CorruptImage: the picture cannot be decoded.
    """
    extent = picture.width, picture.height
    region = preprocessing.region(box, *extent) if box else full_frame(*extent)
    crop: NDArray[np.uint8] = to_model_input(
        extract_patches(picture, [region], preprocessing.patch_size), preprocessing
    )[0]
    return crop
