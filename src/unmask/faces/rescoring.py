"""Rescores doubtful faces on mirrored crops at two scales, where false detections score lower than faces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.faces.boxes import pairwise_iou
from unmask.faces.crops import square_crops
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
    crops = np.ascontiguousarray(square_crops(image, corners, factor, SIDE)[:, :, ::-1])
    raw = session.run(pixels=crops)
    sizes = corners[:, 2:] - corners[:, :2]
    half = sizes / (factor * sizes.max(axis=1, keepdims=True)) * SIDE / 2
    wanted = np.concatenate([SIDE / 2 - half, SIDE / 2 + half], 1)
    scores = np.zeros(len(corners), np.float32)
    for index, (found, boxes) in enumerate(zip(raw["scores"], raw["boxes"], strict=True)):
        scores[index] = found[pairwise_iou(boxes, wanted[index : index + 1])[:, 0] >= MIN_IOU].max(initial=0.0)
    return scores
