"""Pixels around a face at the size the file has them: what the pixel signals look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.images import Picture
from unmask.preprocessing import Box, square_crop

LARGEST = 1024
"""No more than a square of this side is looked at; scaling would destroy what is looked for."""
AROUND = 2.0
"""Side of that square as a multiple of the face's longer side."""


@dataclass(frozen=True, slots=True, eq=False)
class Area:
    """Part of a picture, never scaled.

    Attributes:
        image: its pixels, RGB.
        face: where the face is in it, bool `[h, w]`; None where there is no face, or nothing but face.
        region: where the area is in the upright picture.
    """

    image: Image.Image
    face: NDArray[np.bool_] | None
    region: Box


def area_around(picture: Picture, box: Box | None) -> Area:
    """The surroundings of a face box, or the middle of the picture where there is none."""
    image = picture.rgb()
    x, y, w, h = box or (0.0, 0.0, float(image.width), float(image.height))
    left, top, side, _ = square_crop((x, y, w, h), image.width, image.height, AROUND if box else 1.0)
    middle_x, middle_y = left + side / 2, top + side / 2
    half = min(side, LARGEST) / 2
    edges = [round(value) for value in (middle_x - half, middle_y - half, middle_x + half, middle_y + half)]
    region = (max(edges[0], 0), max(edges[1], 0), min(edges[2], image.width), min(edges[3], image.height))
    crop = image.crop(region)
    rows, columns = np.mgrid[region[1] : region[3], region[0] : region[2]]
    face = (columns >= x) & (columns < x + w) & (rows >= y) & (rows < y + h)
    usable = box is not None and 0.1 < face.mean() < 0.9
    return Area(crop, face if usable else None, (region[0], region[1], crop.width, crop.height))


def smoothed(values: NDArray[np.float64], radius: int) -> NDArray[np.float64]:
    """The mean over a square that reaches `radius` pixels to each side; the border is repeated."""
    size = 2 * radius + 1
    for axis in (0, 1):
        pad = [(radius + 1, radius) if each == axis else (0, 0) for each in (0, 1)]
        sums = np.pad(values, pad, mode="edge").cumsum(axis)
        count = values.shape[axis]
        values = (np.take(sums, range(size, size + count), axis) - np.take(sums, range(count), axis)) / size
    return values
