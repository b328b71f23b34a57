"""A face that a face detector found in a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.preprocessing import Box

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class FoundFace:
    """A face in a picture.

    Attributes:
        box: `x, y, width, height` in pixels of the picture, inside the picture.
        score: from 0 to 1; how certain it is that the box shows a photographed face, not a calibrated probability.
        landmarks: right eye, left eye, nose tip, right and left mouth corner in pixels (the person's right and left);
            points of a face at the border may lie outside. Empty if the face detector gives none.
    """

    box: Box
    score: float
    landmarks: tuple[Point, ...] = ()

    @property
    def area(self) -> float:
        """Area of the box in square pixels."""
        return self.box[2] * self.box[3]

    def scaled(self, factor: float) -> FoundFace:
        """The face in a picture that is `factor` times as large."""
        x, y, w, h = self.box
        landmarks = tuple((left * factor, top * factor) for left, top in self.landmarks)
        return replace(self, box=(x * factor, y * factor, w * factor, h * factor), landmarks=landmarks)


def faces_inside(
    corners: NDArray[np.floating[Any]],
    scores: NDArray[np.floating[Any]],
    landmarks: Sequence[NDArray[np.floating[Any]]] | NDArray[np.floating[Any]],
    size: tuple[int, int],
) -> list[FoundFace]:
    """The faces inside a picture, largest first; a box is clipped to the picture, one outside it is dropped.

    Args:
        corners: boxes `[n, 4]` of `left, top, right, bottom` in pixels of the picture.
        scores: one for each box.
        landmarks: points `[k, 2]` of each box.
        size: width and height of the picture.
    """
    inside = np.clip(corners, 0, np.array([*size, *size], np.float32))
    faces = [_face(*row) for row in zip(inside, scores, landmarks, strict=True)]
    return sorted((face for face in faces if face.area > 0), key=lambda face: face.area, reverse=True)


def _face(corners: Sequence[float], score: float, landmarks: NDArray[np.floating[Any]]) -> FoundFace:
    left, top, right, bottom = (float(value) for value in corners)
    points = tuple((float(x), float(y)) for x, y in landmarks)
    return FoundFace((left, top, right - left, bottom - top), float(score), points)
