"""The scales at which a picture is searched for faces, and the conversion of coordinates back to the picture.

The network finds faces of about 13 to 300 pixels. A search at a long side of at most 640 pixels finds small and
medium-sized faces. A second search at 160 pixels costs a sixteenth of the first and finds faces that fill the picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.preprocessing import SEARCH_SIZE

STRIDE = 32
"""Sides of the network's input are multiples of this."""
LARGE, SMALL = SEARCH_SIZE, 160
"""Long sides of the picture in the two searches, in pixels."""
SMALLEST = 13.0
"""Boxes with a side (square root of the area) below this many search pixels are dropped."""
LARGEST = 200.0
"""Larger boxes of the first search are dropped; the second search finds such faces at a medium size."""
BORDER = 16
"""Width in pixels of the gray border around the picture, for faces at the edge."""
GRAY = 128
"""Value of the border's pixels."""


@dataclass(frozen=True, slots=True)
class SearchScale:
    """The input of one search.

    Attributes:
        pixels: the network's input, uint8 `[1, H, W, 3]`, H and W multiples of 32.
        scale: search pixels per picture pixel in x and in y.
        sides: smallest and largest side (square root of the area) of the faces to keep, in search pixels.
    """

    pixels: NDArray[np.uint8]
    scale: tuple[float, float]
    sides: tuple[float, float]

    def to_picture(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Convert search coordinates `[…, 2]` to picture coordinates."""
        scale: NDArray[np.float32] = np.array(self.scale, np.float32)
        return (points - np.float32(BORDER)) / scale


def make_search_scales(image: Image.Image) -> list[SearchScale]:
    """The inputs of one or two searches of an RGB picture, the larger first."""
    longest = max(image.size)
    first = _resize(image, min(LARGE, max(SMALL, longest)))
    if longest <= SMALL:
        return [_search_scale(first, image.size, (SMALLEST, math.inf))]
    second = _resize(first, SMALL)
    return [
        _search_scale(first, image.size, (SMALLEST, LARGEST)),
        _search_scale(second, image.size, (SMALL / 5, math.inf)),
    ]


def _resize(image: Image.Image, longest: int) -> Image.Image:
    """The picture scaled to the given long side; no side gets smaller than one pixel."""
    factor = longest / max(image.size)
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    return image if size == image.size else image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)


def _search_scale(resized: Image.Image, size: tuple[int, int], sides: tuple[float, float]) -> SearchScale:
    width, height = (-(-(side + 2 * BORDER) // STRIDE) * STRIDE for side in resized.size)
    pixels = np.full((1, height, width, 3), GRAY, np.uint8)
    pixels[0, BORDER : BORDER + resized.height, BORDER : BORDER + resized.width] = np.asarray(resized)
    return SearchScale(pixels, (resized.width / size[0], resized.height / size[1]), sides)
