"""The sizes at which a picture is searched, and the way back from there.

The network knows faces of about 13 to 300 pixels. One pass over the picture at a long side of at most 640 pixels
finds the small and middling ones; a second pass at 160 pixels, a sixteenth of
the work, finds those that fill the frame.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.preprocessing import SEARCH_SIZE

COARSEST = 32
"""Sides of the network's input are multiples of this."""
LARGE, SMALL = SEARCH_SIZE, 160
"""Long sides of the two passes in pixels."""
SMALLEST = 13.0
"""Boxes with a side (square root of the area) below this many pass pixels are not faces to judge."""
LARGEST = 200.0
"""Larger boxes of the first pass are left to the second, which sees such faces whole and at a familiar size."""
BORDER = 16
"""Grey pixels around the picture, so that a face cut by its edge still has a surrounding."""
GREY = 128


@dataclass(frozen=True, slots=True)
class SearchScale:
    """One search of a picture.

    Attributes:
        pixels: the network's input, uint8 `[1, H, W, 3]`, H and W multiples of 32.
        scale: pass pixels per picture pixel in x and in y.
        sides: smallest and largest side (square root of the area, pass pixels) of a face this pass answers for.
    """

    pixels: NDArray[np.uint8]
    scale: tuple[float, float]
    sides: tuple[float, float]

    def to_picture(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Pass coordinates `[…, 2]` to picture coordinates."""
        scale: NDArray[np.float32] = np.array(self.scale, np.float32)
        return (points - np.float32(BORDER)) / scale


def plan(image: Image.Image) -> list[SearchScale]:
    """The passes over an RGB picture, the larger one first."""
    longest = max(image.size)
    first = _shrink(image, min(LARGE, max(SMALL, longest)))
    if longest <= SMALL:
        return [_pass(first, image.size, (SMALLEST, math.inf))]
    second = _shrink(first, SMALL)
    return [_pass(first, image.size, (SMALLEST, LARGEST)), _pass(second, image.size, (SMALL / 5, math.inf))]


def _shrink(image: Image.Image, longest: int) -> Image.Image:
    """The picture with the given long side, no side below one pixel."""
    factor = longest / max(image.size)
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    return image if size == image.size else image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)


def _pass(shrunk: Image.Image, size: tuple[int, int], sides: tuple[float, float]) -> SearchScale:
    width, height = (-(-(side + 2 * BORDER) // COARSEST) * COARSEST for side in shrunk.size)
    pixels = np.full((1, height, width, 3), GREY, np.uint8)
    pixels[0, BORDER : BORDER + shrunk.height, BORDER : BORDER + shrunk.width] = np.asarray(shrunk)
    return SearchScale(pixels, (shrunk.width / size[0], shrunk.height / size[1]), sides)
