"""The unscaled crop around a face that the error-level and noise signals measure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.images import Picture
from unmask.preprocessing import Box, square_crop

MAX_SIDE = 1024
"""Largest side of the crop in pixels. A larger area is cropped, never scaled: scaling removes the measured traces."""
MARGIN = 2.0
"""Side of the crop as a multiple of the face's longer side."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceArea:
    """An unscaled crop of an image.

    Attributes:
        image: the crop, RGB.
        face: mask of the face box, bool `[h, w]`; None where there is no face, or where the face covers less than
            10 % or more than 90 % of the crop.
        region: position of the crop in the upright image.
    """

    image: Image.Image
    face: NDArray[np.bool_] | None
    region: Box


def crop_face_area(picture: Picture, box: Box | None) -> FaceArea:
    """Crop the surroundings of a face box, or the center of the image where `box` is None."""
    image = picture.rgb()
    x, y, w, h = box or (0.0, 0.0, float(image.width), float(image.height))
    left, top, side, _ = square_crop((x, y, w, h), image.width, image.height, MARGIN if box else 1.0)
    center_x, center_y = left + side / 2, top + side / 2
    half = min(side, MAX_SIDE) / 2
    first_column, end_column = _clamp(center_x - half, center_x + half, image.width)
    first_row, end_row = _clamp(center_y - half, center_y + half, image.height)
    crop = image.crop((first_column, first_row, end_column, end_row))
    rows, columns = np.mgrid[first_row:end_row, first_column:end_column]
    face = (columns >= x) & (columns < x + w) & (rows >= y) & (rows < y + h)
    usable = box is not None and 0.1 < face.mean() < 0.9
    return FaceArea(crop, face if usable else None, (first_column, first_row, crop.width, crop.height))


def _clamp(start: float, end: float, length: int) -> tuple[int, int]:
    """Whole pixels from `start` to `end` within `length`, at least one."""
    first = min(max(round(start), 0), length - 1)
    return first, max(first + 1, min(round(end), length))


def box_filter(values: NDArray[np.float64], radius: int) -> NDArray[np.float64]:
    """The mean over a square of `2 * radius + 1` pixels around each pixel; edge pixels are repeated as padding."""
    size = 2 * radius + 1
    for axis in (0, 1):
        pad = [(radius + 1, radius) if each == axis else (0, 0) for each in (0, 1)]
        sums = np.pad(values, pad, mode="edge").cumsum(axis)
        count = values.shape[axis]
        values = (np.take(sums, range(size, size + count), axis) - np.take(sums, range(count), axis)) / size
    return values
