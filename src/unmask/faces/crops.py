"""Square crops around face boxes, as the networks for single faces take them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.faces.search_scales import GRAY


def square_crops(image: Image.Image, corners: NDArray[np.floating[Any]], factor: float, side: int) -> NDArray[np.uint8]:
    """Squares around the middles of boxes, scaled to `side` pixels: uint8 `[n, side, side, 3]`.

    Args:
        image: the RGB image; beyond its border the crops are gray.
        corners: the boxes `[n, 4]` in pixels of the image.
        factor: side of a square as a multiple of the longer side of its box.
        side: side of the crops in pixels.
    """
    middles = (corners[:, :2] + corners[:, 2:]) / 2
    extents = factor * (corners[:, 2:] - corners[:, :2]).max(axis=1, initial=1.0)
    crops = [
        _crop(image, x, y, extent, side) for (x, y), extent in zip(middles.tolist(), extents.tolist(), strict=True)
    ]
    return np.stack(crops) if crops else np.empty((0, side, side, 3), np.uint8)


def _crop(image: Image.Image, x: float, y: float, extent: float, side: int) -> NDArray[np.uint8]:
    left, top = x - extent / 2, y - extent / 2
    box = max(0.0, left), max(0.0, top), min(float(image.width), left + extent), min(float(image.height), top + extent)
    scale = side / extent
    size = max(1, round((box[2] - box[0]) * scale)), max(1, round((box[3] - box[1]) * scale))
    crop = Image.new("RGB", (side, side), (GRAY, GRAY, GRAY))
    part = image.resize(size, Image.Resampling.BILINEAR, box=box, reducing_gap=2.0)
    crop.paste(part, (round((box[0] - left) * scale), round((box[1] - top) * scale)))
    return np.asarray(crop)
