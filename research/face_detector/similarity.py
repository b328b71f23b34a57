"""Similarity transforms (reflection, rotation, scaling, translation) of images and of their face annotations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from research.face_detector.annotated_images import AnnotatedImage

MIRRORED = (1, 0, 2, 4, 3)
"""Order of the five landmarks after a reflection."""
Color = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class SimilarityTransform:
    """Reflection, rotation and scaling, then a translation that moves `anchor` to `target`.

    Attributes:
        scale: factor.
        angle: in radians.
        mirror: True for a horizontal reflection.
        anchor: point of the source image in pixels.
        target: point of the result in pixels.
    """

    scale: float
    angle: float
    mirror: bool
    anchor: tuple[float, float]
    target: tuple[float, float]

    def matrix(self) -> NDArray[np.float64]:
        """The 2×3 matrix from source to result."""
        rotation = self.scale * np.array(
            [[np.cos(self.angle), -np.sin(self.angle)], [np.sin(self.angle), np.cos(self.angle)]]
        )
        linear = rotation @ np.diag([-1.0 if self.mirror else 1.0, 1.0])
        return np.concatenate([linear, (np.array(self.target) - linear @ np.array(self.anchor))[:, None]], 1)

    def transform_faces(self, faces: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rows of the reference detector `[n, 15]` to faces of the result `[n, 14]`: corner box and landmarks.

        The box of a rotated face is the upright box around the rotated ellipse that fills the original box.
        """
        matrix = self.matrix()
        center = _apply(matrix, faces[:, :2] + faces[:, 2:4] / 2)
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
        return np.concatenate([center - half, center + half, points.reshape(-1, 10)], 1).astype(np.float32)


def warp(source: AnnotatedImage, transform: SimilarityTransform, size: tuple[int, int], fill: Color) -> Image.Image:
    """The transformed image.

    Args:
        source: the image.
        transform: from its pixels to those of the result.
        size: width and height of the result.
        fill: color of pixels outside the source.
    """
    level = int(np.clip(np.floor(-np.log2(transform.scale)), 0, len(source.levels) - 1))
    matrix = np.concatenate([transform.matrix(), [[0.0, 0.0, 1.0]]])
    inverse = np.linalg.inv(matrix)[:2] / 2**level
    coefficients = tuple(float(value) for value in inverse.reshape(-1))
    return source.levels[level].transform(
        size, Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR, fillcolor=fill
    )


def _apply(matrix: NDArray[np.float64], points: NDArray[Any]) -> NDArray[np.float64]:
    moved: NDArray[np.float64] = points @ matrix[:, :2].T + matrix[:, 2]
    return moved
