"""Framing: relative size and position of the largest face, measured with the shipped face detector."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from unmask.datasets.dataset import Dataset
from unmask.datasets.labeled_image import LabeledImage
from unmask.datasets.parallel import parallel_map
from unmask.datasets.splitting import stratified_sample
from unmask.errors import UnmaskError
from unmask.faces import FaceDetector
from unmask.images import open_image

AT_MOST = 600
"""Number of images per source in which the face is searched; more do not change the AUC noticeably."""


@dataclass(frozen=True, slots=True)
class Framing:
    """The box of the largest face, relative to the image; all zero if no face was found.

    Attributes:
        width, height: size of the box as a share of the image's sides.
        center_x, center_y: center of the box; (0, 0) is the top left corner of the image, (1, 1) the bottom right.
    """

    width: float = 0.0
    height: float = 0.0
    center_x: float = 0.0
    center_y: float = 0.0


def framing_sample(dataset: Dataset) -> tuple[LabeledImage, ...]:
    """The images to measure: at most 600 per source, stratified by class."""
    parts = (stratified_sample(dataset.where(source=source), AT_MOST) for source in dataset.sources)
    return tuple(item for part in parts for item in part)


def measure_framings(
    items: Iterable[LabeledImage], face_detector: FaceDetector | None = None
) -> Iterator[tuple[str, Framing]]:
    """Finds the largest face of each image, on all cores; unreadable images are skipped.

    Args:
        items: the images.
        face_detector: face detector; default: the shipped one.

    Returns:
        Pairs of the image's name and its framing.
    """
    face_detector = face_detector or FaceDetector.load(threads=1)

    def measure(item: LabeledImage) -> tuple[str, Framing] | None:
        try:
            picture = open_image(item.path, name=item.name)
            box = face_detector.largest_box(picture)
        except UnmaskError:
            return None
        if box is None:
            return item.name, Framing()
        x, y, w, h = box
        width, height = picture.width, picture.height
        return item.name, Framing(w / width, h / height, (x + w / 2) / width, (y + h / 2) / height)

    return (found for found in parallel_map(measure, items) if found)
