"""The searches of a large picture for faces that are too small at a long side of 640 pixels.

The picture is searched at `preprocessing.search_scale`, in overlapping tiles. Each tile keeps the faces whose center
lies nearer to its own middle than to that of a neighbor. If the scale is more than four times that of the whole
picture, coarser levels of tiles lie between the two, so that every face size is searched.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from PIL import Image

from unmask.faces.search_scales import LARGE, SMALL, SMALLEST, SearchScale, network_input
from unmask.preprocessing import search_scale

SIDE = 960
"""Longest side of a tile in search pixels."""
OVERLAP = 128
"""Overlap of neighboring tiles in search pixels; larger faces are left to the coarser level."""
COARSE = 64
"""Faces from this many search pixels on are left to the next coarser level, which finds them as well."""
STEP = 4.0
"""Largest ratio of the scales of two levels."""

_Span = tuple[float, float, float, float]
"""Begin and end of a tile along one axis, and of the part in which it keeps centers of faces."""


def make_tiles(image: Image.Image, size: tuple[int, int]) -> Iterator[SearchScale]:
    """The inputs of the searches in tiles; none for a picture with a long side of up to 1280 pixels.

    Args:
        image: RGB pixels of the picture, at `search_scale` of the full size or more.
        size: width and height of the picture at full size.
    """
    shrunk = max(image.size) / max(size)
    for scale, coarser in pairwise(_levels(*size)):
        largest = min(float(OVERLAP), COARSE * scale / coarser)
        yield from _level(image, scale / shrunk, largest)


def smallest_face(width: int, height: int) -> float:
    """Side in pixels (square root of the box's area) below which faces of a picture are not searched."""
    longest = max(width, height)
    return SMALLEST / min(search_scale(width, height), max(1.0, SMALL / longest))


def _levels(width: int, height: int) -> list[float]:
    """Search pixels per picture pixel of all levels of tiles, finest first, then that of the whole picture."""
    whole, finest = LARGE / max(width, height), search_scale(width, height)
    count = math.ceil(math.log(finest / whole, STEP) - 1e-9) if finest > whole else 0
    return [finest * (whole / finest) ** (number / max(1, count)) for number in range(count + 1)]


def _level(image: Image.Image, scale: float, largest: float) -> Iterator[SearchScale]:
    """The tiles of one level; `scale` is in search pixels per pixel of `image`."""
    columns, rows = _spans(image.width, scale), _spans(image.height, scale)
    for top, bottom, above, below in rows:
        for left, right, before, behind in columns:
            size = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
            area = left, top, right, bottom
            tile = image.resize(size, Image.Resampling.BILINEAR, box=area, reducing_gap=2.0)
            yield SearchScale(
                network_input(tile),
                (size[0] / (right - left), size[1] / (bottom - top)),
                (SMALLEST, largest),
                scale,
                (left, top),
                (before, above, behind, below),
            )


def _spans(extent: int, scale: float) -> list[_Span]:
    """Tiles of equal size along an axis of `extent` image pixels."""
    overlap = OVERLAP / scale
    count = max(1, math.ceil((extent - overlap) / (SIDE / scale - overlap)))
    side = (extent + (count - 1) * overlap) / count
    spans = []
    for number in range(count):
        begin = number * (side - overlap)
        end = extent if number == count - 1 else begin + side
        before = begin + overlap / 2 if number else -math.inf
        behind = end - overlap / 2 if number < count - 1 else math.inf
        spans.append((begin, float(end), before, behind))
    return spans
