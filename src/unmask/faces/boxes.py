"""Box geometry on corner arrays `[n, 4]` of `left, top, right, bottom`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Corners = NDArray[np.floating[Any]]


def to_corners(boxes: Sequence[tuple[float, float, float, float]]) -> Corners:
    """Boxes of `x, y, width, height` as corners `[n, 4]`."""
    rows = np.asarray(boxes, np.float64).reshape(-1, 4)
    return np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:]], axis=1)


def pairwise_iou(first: Corners, second: Corners) -> NDArray[np.floating[Any]]:
    """Intersection over union of every pair: `[n, m]`."""
    inner = _intersections(first, second)
    union = _areas(first)[:, None] + _areas(second) - inner
    shares: NDArray[np.floating[Any]] = inner / np.maximum(union, 1e-9)
    return shares


def non_max_suppression(
    corners: Corners, scores: NDArray[np.floating[Any]], max_iou: float, max_covered: float = 1.0
) -> NDArray[np.intp]:
    """Indices of the boxes to keep, highest score first.

    Args:
        corners: the boxes.
        scores: one for each box.
        max_iou: a box is dropped if its IoU with a kept box of higher score is larger.
        max_covered: a box is also dropped if the intersection is a larger share of the smaller of the two boxes.
    """
    order = np.argsort(-scores, kind="stable")
    ranked = corners[order]
    inner, areas = _intersections(ranked, ranked), _areas(ranked)
    clash = (pairwise_iou(ranked, ranked) > max_iou) | (inner > max_covered * np.minimum(areas[:, None], areas))
    alive = np.ones(len(order), bool)
    for index in range(len(order)):
        if alive[index]:
            alive[index + 1 :] &= ~clash[index, index + 1 :]
    return order[alive]


def _areas(corners: Corners) -> NDArray[np.floating[Any]]:
    areas: NDArray[np.floating[Any]] = np.prod(np.maximum(corners[:, 2:] - corners[:, :2], 0), axis=1)
    return areas


def _intersections(first: Corners, second: Corners) -> NDArray[np.floating[Any]]:
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    inner: NDArray[np.floating[Any]] = np.prod(np.maximum(high - low, 0), axis=2)
    return inner
