"""Rescores doubtful faces on mirrored crops at two scales, where false detections score lower than faces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from unmask.faces.boxes import pairwise_iou
from unmask.faces.search_scales import GRAY
from unmask.runtime import Session

SIDE = 128
"""Side of a crop in pixels."""
CROP_FACTORS = 1.6, 3.0
"""Sides of the two crops as multiples of the box's longer side; the face is 80 and 43 pixels large in them."""
MIN_IOU = 0.4
"""A box in the crop with at least this intersection over union is the same face."""


def rescore(session: Session, image: Image.Image, corners: NDArray[np.float32]) -> NDArray[np.float32]:
    """The lower score of each box over its two crops, `[n]`; 0 if the network finds no face there.

    Args:
        session: the face detector's model.
        image: the RGB image.
        corners: the boxes `[n, 4]` in pixels of the image.
    """
    if not len(corners):
        return np.zeros(0, np.float32)
    near, far = (_scores(session, image, corners, factor) for factor in CROP_FACTORS)
    return np.minimum(near, far)


def _scores(session: Session, image: Image.Image, corners: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    """Scores in crops with sides of `factor` times the longer side of each box."""
    middles = (corners[:, :2] + corners[:, 2:]) / 2
    extents = factor * (corners[:, 2:] - corners[:, :2]).max(axis=1)
    squares = zip(middles.tolist(), extents.tolist(), strict=True)
    crops = [_mirrored_crop(image, x, y, extent) for (x, y), extent in squares]
    raw = session.run(pixels=np.stack(crops))
    half = (corners[:, 2:] - corners[:, :2]) / extents[:, None] * SIDE / 2
    wanted = np.concatenate([SIDE / 2 - half, SIDE / 2 + half], 1)
    scores = np.zeros(len(corners), np.float32)
    for index, (found, boxes) in enumerate(zip(raw["scores"], raw["boxes"], strict=True)):
        scores[index] = found[pairwise_iou(boxes, wanted[index : index + 1])[:, 0] >= MIN_IOU].max(initial=0.0)
    return scores


def _mirrored_crop(image: Image.Image, x: float, y: float, extent: float) -> NDArray[np.uint8]:
    """The mirrored square of side `extent` around a point, `[SIDE, SIDE, 3]`, gray beyond the border of the image."""
    left, top = x - extent / 2, y - extent / 2
    box = max(0.0, left), max(0.0, top), min(float(image.width), left + extent), min(float(image.height), top + extent)
    scale = SIDE / extent
    size = max(1, round((box[2] - box[0]) * scale)), max(1, round((box[3] - box[1]) * scale))
    crop = Image.new("RGB", (SIDE, SIDE), (GRAY, GRAY, GRAY))
    part = image.resize(size, Image.Resampling.BILINEAR, box=box, reducing_gap=2.0)
    crop.paste(part, (round((box[0] - left) * scale), round((box[1] - top) * scale)))
    return np.asarray(ImageOps.mirror(crop))
