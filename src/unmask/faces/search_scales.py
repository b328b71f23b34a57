"""The scales at which a picture is searched for faces, and the conversion of coordinates back to the picture.

The network finds faces of about 13 to 300 pixels. A search at a long side of at most 640 pixels finds small and
medium-sized faces. A second search at 160 pixels costs a sixteenth of the first and finds faces that fill the picture.
Small faces of pictures above 1280 pixels are searched at a finer scale, in overlapping tiles (see `tiles`).
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
        threshold_scale: search pixels per picture pixel by which the score threshold of a box depends on its size.
        offset: left upper corner of the searched part in picture pixels.
        centers: corner box in picture pixels; faces with a center outside it belong to another tile. None keeps all.
    """

    pixels: NDArray[np.uint8]
    scale: tuple[float, float]
    sides: tuple[float, float]
    threshold_scale: float
    offset: tuple[float, float] = (0.0, 0.0)
    centers: tuple[float, float, float, float] | None = None

    def to_picture(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Convert search coordinates `[…, 2]` to picture coordinates."""
        scale: NDArray[np.float32] = np.array(self.scale, np.float32)
        moved: NDArray[np.float32] = (points - np.float32(BORDER)) / scale
        return moved + np.array(self.offset, np.float32)

    def owns(self, corners: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Which boxes `[n, 4]` in picture pixels have their center in `centers`."""
        if self.centers is None:
            return np.ones(len(corners), bool)
        left, top, right, bottom = self.centers
        x, y = (corners[:, 0] + corners[:, 2]) / 2, (corners[:, 1] + corners[:, 3]) / 2
        inside: NDArray[np.bool_] = (x >= left) & (x < right) & (y >= top) & (y < bottom)
        return inside


def make_search_scales(image: Image.Image) -> list[SearchScale]:
    """The inputs of one or two searches of a whole RGB picture, the larger first."""
    longest = max(image.size)
    scale = min(1.0, LARGE / longest)
    first = _resize(image, min(LARGE, max(SMALL, longest)))
    if longest <= SMALL:
        return [_whole(first, image.size, (SMALLEST, math.inf), scale)]
    second = _resize(first, SMALL)
    return [
        _whole(first, image.size, (SMALLEST, LARGEST), scale),
        _whole(second, image.size, (SMALL / 5, math.inf), scale),
    ]


def network_input(resized: Image.Image) -> NDArray[np.uint8]:
    """The pixels in a gray border, with sides that are multiples of 32: uint8 `[1, H, W, 3]`."""
    width, height = (-(-(side + 2 * BORDER) // STRIDE) * STRIDE for side in resized.size)
    pixels = np.full((1, height, width, 3), GRAY, np.uint8)
    pixels[0, BORDER : BORDER + resized.height, BORDER : BORDER + resized.width] = np.asarray(resized)
    return pixels


def _resize(image: Image.Image, longest: int) -> Image.Image:
    """The picture scaled to the given long side; no side gets smaller than one pixel."""
    factor = longest / max(image.size)
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    return image if size == image.size else image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)


def _whole(
    resized: Image.Image, size: tuple[int, int], sides: tuple[float, float], threshold_scale: float
) -> SearchScale:
    scale = resized.width / size[0], resized.height / size[1]
    return SearchScale(network_input(resized), scale, sides, threshold_scale)
