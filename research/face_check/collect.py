"""Crops of what the shipped face detector finds in pictures of people, of other objects, and in drawings."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from research.common.picture_files import picture_files
from unmask._files import atomic_path
from unmask.errors import ImageError
from unmask.faces import FaceDetector
from unmask.faces.candidates import FaceNetwork, find_candidates
from unmask.faces.crops import square_crops
from unmask.faces.face_check import FACE
from unmask.images import open_image
from unmask.progress import Progress, no_progress, track

SIDE, FACTOR = 96, 2.4
"""Side of a crop in pixels, and as a multiple of the longer side of the box: wider than the network's input, so that
crops can be shifted and scaled in training."""
LONGEST = 320
"""Pictures are scaled to this long side, which changes nothing for the faces that matter and saves most of the time."""
MIN_SCORE = 0.3
"""Search score from which a box in a picture without people is collected."""
FACE_SCORE = 0.55
"""Search score from which a box in a picture of a face is collected."""
CONFIRMED_SCORE = 0.5
"""In a picture of a face, the second and further boxes need a face of YuNet with this score."""
PEOPLE_SCORE = 0.75
"""A box in a folder of objects is left out if YuNet finds a face there with this score."""
MAX_PER_PICTURE = 4


@dataclass(frozen=True, slots=True)
class Crops:
    """Crops of one class.

    Attributes:
        pixels: uint8 `[n, SIDE, SIDE, 3]`.
        labels: class of each.
        sources: name of the source of each.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    sources: NDArray[np.str_]

    @classmethod
    def join(cls, parts: Sequence[Crops]) -> Crops:
        """All crops of several parts."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__slots__))


class Collector:
    """Finds crops and keeps those of each source in a file of `folder`, so that an interrupted run continues.

    Args:
        folder: receives a `.npz` file for each source.
        reference: YuNet; finds people in the folders of objects.
        log: receives a line for each source.
    """

    def __init__(
        self, folder: Path, reference: FaceNetwork, log: Callable[[str], None], progress: Progress = no_progress
    ) -> None:
        self._folder, self._reference, self._log, self._progress = folder, reference, log, progress
        self._detector = FaceDetector.load(threads=1)

    def collect(self, name: str, label: int, paths: Sequence[Path], *, people: bool = False) -> Crops:
        """The crops of a source, from its file or by searching its pictures.

        Args:
            name: of the source and its file.
            label: the class of its crops.
            paths: its pictures.
            people: True leaves out boxes on which YuNet finds a face with `PEOPLE_SCORE`.
        """
        cache = self._folder / f"{name}.npz"
        if cache.exists():
            with np.load(cache) as arrays:
                pixels: NDArray[np.uint8] = arrays["pixels"]
        else:
            found = [self._crops(path, label, people) for path in track(paths, name, self._progress)]
            pixels = np.concatenate([np.empty((0, SIDE, SIDE, 3), np.uint8), *found])
            with atomic_path(cache) as temporary, temporary.open("wb") as file:
                np.savez(file, pixels=pixels)
        self._log(f"{name}: {len(pixels):,} crops of class {label} in {len(paths):,} pictures")
        return Crops(pixels, np.full(len(pixels), label, np.uint8), np.full(len(pixels), name))

    def _crops(self, path: Path, label: int, people: bool) -> NDArray[np.uint8]:
        try:
            image = open_image(path).rgb()
        except ImageError:
            return np.empty((0, SIDE, SIDE, 3), np.uint8)
        if max(image.size) > LONGEST:
            image = image.copy()
            image.thumbnail((LONGEST, LONGEST), Image.Resampling.BICUBIC, reducing_gap=2.0)
        least = FACE_SCORE if label == FACE else MIN_SCORE
        corners, *_ = find_candidates(self._detector.network, image, image.size, least)
        corners = corners[:MAX_PER_PICTURE]
        if label == FACE and len(corners) > 1:
            confirmed = self._is_person(image, corners, CONFIRMED_SCORE)
            confirmed[0] = True
            corners = corners[confirmed]
        elif people and len(corners):
            corners = corners[~self._is_person(image, corners, PEOPLE_SCORE)]
        return square_crops(image, corners, FACTOR, SIDE)

    def _is_person(self, image: Image.Image, corners: NDArray[np.float32], score: float) -> NDArray[np.bool_]:
        """Whether the middle of each box lies in a face of YuNet with at least this score."""
        found, *_ = find_candidates(self._reference, image, image.size, score)
        middles = (corners[:, :2] + corners[:, 2:]) / 2
        inside = (middles[:, None] >= found[None, :, :2]) & (middles[:, None] <= found[None, :, 2:])
        return np.asarray(np.any(np.all(inside, axis=2), axis=1))


def pictures_of(folder: Path, most: int, seed: int) -> list[Path]:
    """Up to `most` random pictures of a folder and its subfolders."""
    paths = picture_files(folder)
    return [paths[place] for place in np.random.default_rng(seed).permutation(len(paths))[:most]]


def pictures_in(manifest: Path, most: int, seed: int) -> dict[str, list[Path]]:
    """Up to `most` random pictures of each source and class of the `train` split of a manifest."""
    groups: dict[str, list[Path]] = defaultdict(list)
    with manifest.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["split"] == "train":
                groups[f"{row['source']}-{row['label']}"].append(manifest.parent / row["file_name"])
    rng = np.random.default_rng(seed)
    return {name: _some(paths, most, rng) for name, paths in groups.items()}


def _some(paths: Iterable[Path], most: int, rng: np.random.Generator) -> list[Path]:
    listed = list(paths)
    return [listed[place] for place in rng.permutation(len(listed))[:most]]
