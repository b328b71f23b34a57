"""The pictures scenes are made of: pixels in a small pyramid, the teacher's faces, and views of both.

A view turns, mirrors and scales a picture; its faces go along by geometry. The box of a turned face is the upright box
around the turned ellipse that fills the original box.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

MIRRORED = (1, 0, 2, 4, 3)
"""Order of the five landmarks after mirroring."""
Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Picture:
    """A labelled picture.

    Attributes:
        levels: the RGB picture at 1, 1/2, 1/4 and 1/8 of its size.
        faces: the teacher's rows `[n, 15]`: `x, y, width, height, score`, landmarks.
    """

    levels: tuple[Image.Image, ...]
    faces: NDArray[np.float32]

    @classmethod
    def load(cls, path: Path, faces: NDArray[np.float32]) -> Picture:
        """Read one picture file."""
        with Image.open(path) as file:
            return cls.of(file.convert("RGB"), faces)

    @classmethod
    def of(cls, image: Image.Image, faces: NDArray[np.float32]) -> Picture:
        """From RGB pixels and the teacher's rows."""
        return cls((image, *(image.reduce(factor) for factor in (2, 4, 8))), faces)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the full picture."""
        return self.levels[0].size


@dataclass(frozen=True, slots=True)
class Pose:
    """A similarity from picture pixels to view pixels: mirror, turn, scale, then move `anchor` to `target`."""

    scale: float
    angle: float
    mirror: bool
    anchor: tuple[float, float]
    target: tuple[float, float]

    def matrix(self) -> NDArray[np.float64]:
        """The 2×3 matrix from picture to view."""
        turn = self.scale * np.array(
            [[np.cos(self.angle), -np.sin(self.angle)], [np.sin(self.angle), np.cos(self.angle)]]
        )
        linear = turn @ np.diag([-1.0 if self.mirror else 1.0, 1.0])
        return np.concatenate([linear, (np.array(self.target) - linear @ np.array(self.anchor))[:, None]], 1)

    def place(self, faces: NDArray[np.float32]) -> NDArray[np.float32]:
        """Teacher rows `[n, 15]` to faces of the view `[n, 14]`: corner box, landmarks."""
        matrix = self.matrix()
        middle = _apply(matrix, faces[:, :2] + faces[:, 2:4] / 2)
        cosine, sine = np.cos(self.angle), np.sin(self.angle)
        width, height = faces[:, 2], faces[:, 3]
        half = (
            np.stack([np.hypot(width * cosine, height * sine), np.hypot(width * sine, height * cosine)], 1)
            * self.scale
            / 2
        )
        points = _apply(matrix, faces[:, 5:].reshape(-1, 2)).reshape(-1, 5, 2)
        if self.mirror:
            points = points[:, MIRRORED]
        return np.concatenate([middle - half, middle + half, points.reshape(-1, 10)], 1).astype(np.float32)


def render(picture: Picture, pose: Pose, size: tuple[int, int], fill: Colour) -> Image.Image:
    """The view of a picture, `size` = (width, height); what lies outside the picture gets the `fill` colour."""
    level = int(np.clip(np.floor(-np.log2(pose.scale)), 0, len(picture.levels) - 1))
    matrix = np.concatenate([pose.matrix(), [[0.0, 0.0, 1.0]]])
    inverse = np.linalg.inv(matrix)[:2] / 2**level
    coefficients = tuple(float(value) for value in inverse.reshape(-1))
    return picture.levels[level].transform(
        size, Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR, fillcolor=fill
    )


def faceless_region(picture: Picture, rng: Generator) -> tuple[float, float, float, float] | None:
    """A random square of the picture away from every face, as `x, y, width, height`; None when none was found."""
    width, height = picture.size
    low, high = picture.faces[:, :2] - 0.08 * picture.faces[:, 2:4], picture.faces[:, :2] + 1.08 * picture.faces[:, 2:4]
    for _ in range(8):
        side = float(np.exp(rng.uniform(np.log(24), np.log(min(width, height) * 0.8))))
        corner = rng.uniform(0, [width - side, height - side])
        touched = np.minimum(high, corner + side) - np.maximum(low, corner)
        if not (touched > 0).all(axis=1).any():
            return float(corner[0]), float(corner[1]), side, side
    return None


def load_album(
    data: Path, names: Iterable[str], faces: Mapping[str, NDArray[np.float32]], least: float = 0.8
) -> list[Picture]:
    """The named pictures in which the teacher is sure (score `least`) of at least one face."""
    return [Picture.load(data / name, faces[name]) for name in names if (faces[name][:, 4] >= least).any()]


def _apply(matrix: NDArray[np.float64], points: NDArray[Any]) -> NDArray[np.float64]:
    moved: NDArray[np.float64] = points @ matrix[:, :2].T + matrix[:, 2]
    return moved
