"""Assigns faces to grid cells.

Each grid has a range of face sizes; the ranges overlap. The cells around the center of a face are positive for it; of
two faces, the smaller one gets the cell. Cells inside an ignored box, and cells at the center of a face whose size is
slightly outside the range of the grid, do not count in the score loss.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from research.face_detector.network import STRIDES

RANGES = ((0.0, 36.0), (24.0, 96.0), (64.0, float("inf")))
"""Smallest and largest face side (square root of the area, pixels) of each grid."""
SLACK = 1.35
"""A face outside the range of a grid by at most this factor is ignored there."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Targets of all cells of a batch.

    Attributes:
        positive: bool `[N, cells]`, the cell has a face.
        counted: bool `[N, cells]`, the cell counts in the score loss.
        faces: float `[N, cells, 14]`, corner box and five landmarks of the cell's face; zero if it has none.
    """

    positive: Tensor
    counted: Tensor
    faces: Tensor


def assign_targets(
    centers: Tensor, strides: Tensor, scenes: list[tuple[NDArray[np.float32], NDArray[np.bool_]]]
) -> Targets:
    """Targets for a batch.

    Args:
        centers: cell centers `[cells, 2]`.
        strides: cell strides `[cells, 1]`.
        scenes: per image, its faces `[n, 14]` (corner box, landmarks), and whether each is wanted; others are ignored.
    """
    parts = [
        _assign_one(centers, strides[:, 0], torch.from_numpy(faces), torch.from_numpy(wanted))
        for faces, wanted in scenes
    ]
    positive, counted, faces = zip(*parts, strict=True)
    return Targets(torch.stack(positive), torch.stack(counted), torch.stack(faces))


def _assign_one(centers: Tensor, strides: Tensor, faces: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    cells = len(centers)
    if not len(faces):
        return torch.zeros(cells, dtype=torch.bool), torch.ones(cells, dtype=torch.bool), torch.zeros(cells, 14)
    extent = faces[:, 2:4] - faces[:, :2]
    size = extent.prod(1).sqrt()
    low, high = _ranges(strides)
    fits = (size >= low[:, None]) & (size <= high[:, None])
    fits_nearly = (size * SLACK >= low[:, None]) & (size / SLACK <= high[:, None])
    near = _near_center(centers, strides, faces, size)
    matches = near & fits & wanted
    chosen = torch.where(matches, size, torch.inf).argmin(1)
    positive = matches.any(1)
    inside = ((centers[:, None] >= faces[:, :2]) & (centers[:, None] <= faces[:, 2:4])).all(2)
    ignored = ((inside & ~wanted) | (near & fits_nearly)).any(1)
    return positive, positive | ~ignored, faces[chosen] * positive[:, None]


def _near_center(centers: Tensor, strides: Tensor, faces: Tensor, size: Tensor) -> Tensor:
    """Whether each cell center lies in the square around the center of each face: `[cells, n]`."""
    center = (faces[:, :2] + faces[:, 2:4]) / 2
    radius = (0.2 * size).clamp(min=0.75 * strides[:, None], max=1.5 * strides[:, None])
    return (centers[:, None] - center).abs().amax(2) <= radius


def _ranges(strides: Tensor) -> tuple[Tensor, Tensor]:
    low, high = torch.zeros_like(strides), torch.zeros_like(strides)
    for stride, (smallest, largest) in zip(STRIDES, RANGES, strict=True):
        low[strides == stride], high[strides == stride] = smallest, largest
    return low, high
