"""Does a higher score of a foreign network really mean `fake`? Asked on pictures whose class is known."""

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
from unmask.faces import FaceFinder
from unmask.images import Picture, open_image
from unmask.preprocessing import Preprocessing, full_frame, preprocess
from unmask.runtime import Session
from unmask.training.data.pseudo_fakes import self_blend, upsample

AT_MOST = 100
CLEARLY = 1.96
"""Standard deviations from chance; three pictures of each class, all in the wrong order, are as many."""


@dataclass(frozen=True, slots=True)
class Probe:
    """Scores of a network on pictures of known class.

    Attributes:
        logits: of `fake`, as declared, `[N]`.
        labels: 1 for fake, `[N]`.
        auc: how well they agree with the classes; below one half they speak for the opposite order.
        bundled: whether only pictures made from the one bundled portrait were at hand, which is weak evidence.
    """

    logits: NDArray[np.float64]
    labels: NDArray[np.int64]
    auc: Interval
    bundled: bool

    @property
    def deviation(self) -> float:
        """How many standard deviations the AUC lies from one half if scores know nothing of the classes.

        Mann and Whitney, Annals of Mathematical Statistics 18, 1947; unlike the interval it is meant for few pictures.
        """
        real, fake = np.bincount(self.labels, minlength=2)
        return float((self.auc.value - 0.5) / np.sqrt((real + fake + 1) / (12 * real * fake)))

    @property
    def contradicts(self) -> bool:
        """Whether the pictures speak clearly against the declared order."""
        return self.auc.high < 0.25 if self.bundled else self.deviation <= -CLEARLY

    @property
    def agrees(self) -> bool:
        """Whether they speak clearly for it."""
        return self.deviation >= CLEARLY


def probe(session: Session, preparation: Preprocessing, dataset: Dataset | None) -> Probe:
    """Score pictures of known class.

    Args:
        session: a wrapped network.
        preparation: how it wants its faces.
        dataset: pictures of both classes, of which at most 100 each are used; None takes bundled ones.

    Raises:
        BadModelFile: the network cannot be run, its scores are not numbers, or there is nothing to score.
    """
    pairs = list(_chosen(dataset, preparation) if dataset else _bundled(preparation))
    labels = np.array([label for _, label in pairs], np.int64)
    if dataset and set(labels.tolist()) != {0, 1}:
        raise BadModelFile(f"{dataset.name}: none of its pictures of a class can be read, so nothing can be probed")
    pixels = np.stack([picture for picture, _ in pairs])
    try:
        logits = session.run_each(pixels)["logit"].astype(np.float64)
    except Exception as error:
        raise BadModelFile(f"the network cannot judge a picture: {str(error).splitlines()[0]}") from error
    if logits.shape != labels.shape or not np.isfinite(logits).all():
        raise BadModelFile("the network's scores are not one number for each picture")
    auc = auc_interval(labels, placements(labels, logits), np.arange(len(labels)))
    return Probe(logits, labels, auc, dataset is None)


def _chosen(dataset: Dataset, preparation: Preprocessing) -> Iterator[tuple[NDArray[np.uint8], int]]:
    """Faces of the data set, every so many, so that all its parts are seen."""
    finder = FaceFinder.load(threads=1)
    for label in (0, 1):
        places = np.flatnonzero(dataset.labels == label)
        if not len(places):
            raise BadModelFile(f"{dataset.name} has no {('real', 'fake')[label]} pictures to probe the polarity with")
        for place in places[np.unique(np.linspace(0, len(places) - 1, AT_MOST).astype(int))]:
            try:
                yield _face(open_image(dataset.items[place].path), finder, preparation), label
            except ImageError:
                continue


def _bundled(preparation: Preprocessing) -> Iterator[tuple[NDArray[np.uint8], int]]:
    """A portrait and fakes made from it, each in several encodings."""
    finder = FaceFinder.load(threads=1)
    with Image.open(str(files("unmask").joinpath("samples", "astronaut.jpg"))) as opened:
        portrait = opened.convert("RGB")
    rng = np.random.default_rng(0)
    for index in range(12):
        image = ImageOps.mirror(portrait) if index % 2 else portrait
        box = finder.largest_box(open_image(image)) or full_frame(*image.size)
        fake = (self_blend if index % 3 else upsample)((image, box), rng)
        for picture, label in ((image, 0), (fake, 1)):
            saved = open_image(reencode(picture, "JPEG", quality=70 + 2 * index))
            yield _face(saved, finder, preparation), label


def _face(picture: Picture, finder: FaceFinder, preparation: Preprocessing) -> NDArray[np.uint8]:
    return preprocess(picture, finder.largest_box(picture), preparation)
