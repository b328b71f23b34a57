"""Images with the faces that the reference detector found in them; scenes are composed from their parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image


@dataclass(frozen=True, slots=True)
class AnnotatedImage:
    """An image pyramid and its faces.

    Attributes:
        levels: the RGB image at 1, 1/2, 1/4 and 1/8 of its size.
        faces: rows of the reference detector `[n, 15]`: `x, y, width, height, score`, landmarks.
    """

    levels: tuple[Image.Image, ...]
    faces: NDArray[np.float32]

    @classmethod
    def load(cls, path: Path, faces: NDArray[np.float32]) -> AnnotatedImage:
        """Read an image file."""
        with Image.open(path) as file:
            return cls.from_image(file.convert("RGB"), faces)

    @classmethod
    def from_image(cls, image: Image.Image, faces: NDArray[np.float32]) -> AnnotatedImage:
        """Build the pyramid of an RGB image."""
        return cls((image, *(image.reduce(factor) for factor in (2, 4, 8))), faces)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height at full size."""
        return self.levels[0].size


def background_region(image: AnnotatedImage, rng: Generator) -> tuple[float, float, float, float] | None:
    """A random square that overlaps no face, as `x, y, width, height`; None if eight tries fail."""
    width, height = image.size
    low, high = image.faces[:, :2] - 0.08 * image.faces[:, 2:4], image.faces[:, :2] + 1.08 * image.faces[:, 2:4]
    for _ in range(8):
        side = float(np.exp(rng.uniform(np.log(24), np.log(min(width, height) * 0.8))))
        corner = rng.uniform(0, [width - side, height - side])
        overlap = np.minimum(high, corner + side) - np.maximum(low, corner)
        if not (overlap > 0).all(axis=1).any():
            return float(corner[0]), float(corner[1]), side, side
    return None


def load_annotated_images(
    data: Path, names: Iterable[str], faces: Mapping[str, NDArray[np.float32]], min_score: float = 0.8
) -> list[AnnotatedImage]:
    """The named images that have at least one face with a score of `min_score` or more."""
    return [AnnotatedImage.load(data / name, faces[name]) for name in names if (faces[name][:, 4] >= min_score).any()]
