"""Which grid cell answers for which face.

Each grid is responsible for a range of face sizes (the ranges overlap). Cells around a face's centre learn that
face; where two faces compete the smaller one wins. Cells inside an ignored box, and centre cells of a face just outside
a grid's range, learn nothing about being a face or not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from research.facefinder.network import STRIDES

RANGES = ((0.0, 36.0), (24.0, 96.0), (64.0, float("inf")))
"""Smallest and largest face side (square root of the area, pixels) of each grid."""
SLACK = 1.35


@dataclass(frozen=True, slots=True)
class Targets:
    """What the cells of a batch should say.

    Attributes:
        positive: bool `[N, cells]`, the cell answers for a face.
        counted: bool `[N, cells]`, the cell takes part in the score loss.
        faces: float `[N, cells, 14]`, corner box and five landmarks of the cell's face (zero where there is none).
    """

    positive: Tensor
    counted: Tensor
    faces: Tensor


def assign(centres: Tensor, strides: Tensor, scenes: list[tuple[NDArray[np.float32], NDArray[np.bool_]]]) -> Targets:
    """Targets for a batch.

    Args:
        centres: cell centres `[cells, 2]`.
        strides: cell strides `[cells, 1]`.
        scenes: per picture its faces `[n, 14]` (corner box, landmarks) and whether each is to be found (else ignored).
    """
    parts = [
        _assign_one(centres, strides[:, 0], torch.from_numpy(faces), torch.from_numpy(wanted))
        for faces, wanted in scenes
    ]
    positive, counted, faces = zip(*parts, strict=True)
    return Targets(torch.stack(positive), torch.stack(counted), torch.stack(faces))


def _assign_one(centres: Tensor, strides: Tensor, faces: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    cells = len(centres)
    if not len(faces):
        return torch.zeros(cells, dtype=torch.bool), torch.ones(cells, dtype=torch.bool), torch.zeros(cells, 14)
    extent = faces[:, 2:4] - faces[:, :2]
    size = extent.prod(1).sqrt()
    low, high = _ranges(strides)
    fits = (size >= low[:, None]) & (size <= high[:, None])
    nearly = (size * SLACK >= low[:, None]) & (size / SLACK <= high[:, None])
    near = _near_centre(centres, strides, faces, size)
    answers = near & fits & wanted
    chosen = torch.where(answers, size, torch.inf).argmin(1)
    positive = answers.any(1)
    inside = ((centres[:, None] >= faces[:, :2]) & (centres[:, None] <= faces[:, 2:4])).all(2)
    spared = ((inside & ~wanted) | (near & nearly)).any(1)
    return positive, positive | ~spared, faces[chosen] * positive[:, None]


def _near_centre(centres: Tensor, strides: Tensor, faces: Tensor, size: Tensor) -> Tensor:
    """Whether each cell `[cells, n]` lies in the square around each face's centre that answers for it."""
    middle = (faces[:, :2] + faces[:, 2:4]) / 2
    radius = (0.2 * size).clamp(min=0.75 * strides[:, None], max=1.5 * strides[:, None])
    return (centres[:, None] - middle).abs().amax(2) <= radius


def _ranges(strides: Tensor) -> tuple[Tensor, Tensor]:
    low, high = torch.zeros_like(strides), torch.zeros_like(strides)
    for stride, (smallest, largest) in zip(STRIDES, RANGES, strict=True):
        low[strides == stride], high[strides == stride] = smallest, largest
    return low, high
