"""Class-order check: whether higher scores of an external network mean `fake`, tested on images of known class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from unmask._encoding import reencode
from unmask.datasets import Dataset
from unmask.datasets.auc import Interval, auc_interval, placements
from unmask.errors import BadModelFile, ImageError
from unmask.faces import FaceDetector
from unmask.images import Picture, open_image
from unmask.preprocessing import Preprocessing, full_frame, preprocess
from unmask.runtime import Session
from unmask.training.data.pseudo_fakes import self_blend, upsample

MAX_IMAGES = 100
"""Largest number of images of each class."""
MIN_DEVIATION = 1.96
"""Standard deviations from an AUC of 0.5 that count as evidence; three images of each class can reach it."""


@dataclass(frozen=True, slots=True)
class ClassOrderCheck:
    """Scores of a network on images of known class.

    Attributes:
        logits: logits of `fake` if the declared class order is right, `[N]`.
        labels: 1 for fake, `[N]`.
        auc: AUC of the scores; below 0.5 they point to the opposite class order.
        bundled: whether the images were made from the one bundled portrait, which is weak evidence.
    """

    logits: NDArray[np.float64]
    labels: NDArray[np.int64]
    auc: Interval
    bundled: bool

    @property
    def deviation(self) -> float:
        """Distance of the AUC from 0.5 in standard deviations of a random ranking.

        Mann and Whitney, Annals of Mathematical Statistics 18, 1947. Unlike the interval it suits few images.
        """
        real, fake = np.bincount(self.labels, minlength=2)
        return float((self.auc.value - 0.5) / np.sqrt((real + fake + 1) / (12 * real * fake)))

    @property
    def contradicts(self) -> bool:
        """Whether the scores are evidence against the declared class order."""
        return self.auc.high < 0.25 if self.bundled else self.deviation <= -MIN_DEVIATION

    @property
    def confirms(self) -> bool:
        """Whether the scores are evidence for the declared class order."""
        return self.deviation >= MIN_DEVIATION


def check_class_order(session: Session, preprocessing: Preprocessing, dataset: Dataset | None) -> ClassOrderCheck:
    """Score images of known class.

    Args:
        session: the network as a model file.
        preprocessing: preprocessing of its input.
        dataset: images of both classes, of which at most `MAX_IMAGES` of each are used; None uses images made from the
            bundled portrait.

    Raises:
        BadModelFile: the network cannot be run, its scores are not finite, or a class has no readable image.
    """
    pairs = list(_spread_sample(dataset, preprocessing) if dataset else _bundled_faces(preprocessing))
    labels = np.array([label for _, label in pairs], np.int64)
    if dataset and set(labels.tolist()) != {0, 1}:
        raise BadModelFile(
            f"{dataset.name}: no image of one class can be read, so the class order cannot be checked; give other "
            "images with --probe"
        )
    pixels = np.stack([face for face, _ in pairs])
    try:
        logits = session.run_each(pixels=pixels)["logit"].astype(np.float64)
    except Exception as error:
        raise BadModelFile(f"the network cannot be run on an image: {str(error).splitlines()[0]}") from error
    if logits.shape != labels.shape or not np.isfinite(logits).all():
        raise BadModelFile("the network must give one finite score for each image")
    auc = auc_interval(labels, placements(labels, logits), np.arange(len(labels)))
    return ClassOrderCheck(logits, labels, auc, dataset is None)


def _spread_sample(dataset: Dataset, preprocessing: Preprocessing) -> Iterator[tuple[NDArray[np.uint8], int]]:
    """Preprocessed faces and labels, at equal distances in the order of the dataset; unreadable images are skipped."""
    face_detector = FaceDetector.load(threads=1)
    for label in (0, 1):
        indices = np.flatnonzero(dataset.labels == label)
        if not len(indices):
            raise BadModelFile(f"{dataset.name} has no {('real', 'fake')[label]} images to check the class order with")
        for index in indices[np.unique(np.linspace(0, len(indices) - 1, MAX_IMAGES).astype(int))]:
            try:
                yield _face(open_image(dataset.items[index].path), face_detector, preprocessing), label
            except ImageError:
                continue


def _bundled_faces(preprocessing: Preprocessing) -> Iterator[tuple[NDArray[np.uint8], int]]:
    """The bundled portrait and pseudo-fakes made from it, at several JPEG qualities."""
    face_detector = FaceDetector.load(threads=1)
    with Image.open(str(files("unmask").joinpath("samples", "astronaut.jpg"))) as opened:
        portrait = opened.convert("RGB")
    rng = np.random.default_rng(0)
    for index in range(12):
        image = ImageOps.mirror(portrait) if index % 2 else portrait
        box = face_detector.largest_box(open_image(image)) or full_frame(*image.size)
        fake = (self_blend if index % 3 else upsample)((image, box), rng)
        for picture, label in ((image, 0), (fake, 1)):
            saved = open_image(reencode(picture, "JPEG", quality=70 + 2 * index))
            yield _face(saved, face_detector, preprocessing), label


def _face(picture: Picture, face_detector: FaceDetector, preprocessing: Preprocessing) -> NDArray[np.uint8]:
    return preprocess(picture, face_detector.largest_box(picture), preprocessing)
