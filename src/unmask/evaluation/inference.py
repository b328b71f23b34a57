"""A data set's pictures judged one by one, as users would have them judged, and nothing dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from unmask.datasets import Dataset, LabeledImage
from unmask.datasets.parallel import parallel_map
from unmask.errors import ImageError, MissingExtra
from unmask.evaluation.degradations import NO_DEGRADATION, Degradation
from unmask.evaluation.metrics import Floats, Sample
from unmask.images import ImageSource, open_image
from unmask.verdict import Failure, Label, ModelReference, Verdict

_DECISIONS = {Label.FAKE: 1, Label.REAL: 0}


class Predictor(Protocol):
    """Whatever can be evaluated; `Detector` is one."""

    model: ModelReference

    def predict(
        self, image: ImageSource, *, name: str | None = None, whole_picture: bool = False, stability: bool = True
    ) -> Verdict:
        """Judge one picture."""


@dataclass(frozen=True, slots=True)
class PredictOptions:
    """How pictures are judged.

    Attributes:
        whole_picture: judge the whole picture where no face is found.
        stability: probe each face with mild re-encodings, as `unmask detect` does by default.
    """

    whole_picture: bool = False
    stability: bool = True

    def to_dict(self) -> dict[str, bool]:
        """The wire form."""
        return {"whole_picture": self.whole_picture, "stability": self.stability}


DEFAULT_OPTIONS = PredictOptions()


@dataclass(frozen=True)
class Predictions:
    """One result for each picture of a data set.

    Attributes:
        dataset: the pictures.
        results: what was said of each, in the same order.
    """

    dataset: Dataset
    results: tuple[Verdict | Failure, ...]

    @cached_property
    def sample(self) -> Sample:
        """The pictures as arrays."""
        return Sample(
            self.dataset.labels,
            np.array([_probability(result) for result in self.results], np.float64),
            np.array([_decision(result) for result in self.results], np.int64),
        )

    @cached_property
    def face_sizes(self) -> Floats:
        """Long side of each picture's largest face in pixels, `[N]`; NaN where there is none."""
        return np.array([_face_size(result) for result in self.results], np.float64)

    @property
    def no_face(self) -> int:
        """Pictures in which no face was found."""
        return sum(isinstance(result, Verdict) and result.label is Label.NO_FACE for result in self.results)

    @property
    def problems(self) -> int:
        """Pictures that could not be opened."""
        return sum(isinstance(result, Failure) for result in self.results)

    def take(self, chosen: NDArray[np.bool_]) -> Predictions:
        """The pictures at which a mask `[N]` is true."""
        places = np.flatnonzero(chosen).tolist()
        return Predictions(self.dataset.take(places), tuple(self.results[place] for place in places))


Watch = Callable[[Iterable[LabeledImage], str], AbstractContextManager[Iterable[LabeledImage]]]
"""Lets someone watch the work: given the pictures and what is being done, the same pictures."""


def unwatched(items: Iterable[LabeledImage], doing: str) -> AbstractContextManager[Iterable[LabeledImage]]:
    """Nobody watches."""
    del doing
    return nullcontext(items)


def judge(
    detector: Predictor,
    dataset: Dataset,
    degradation: Degradation = NO_DEGRADATION,
    options: PredictOptions = DEFAULT_OPTIONS,
    *,
    doing: str = "judging",
    watch: Watch = unwatched,
) -> Predictions:
    """Judges every picture of a data set after spoiling it, on all cores.

    Args:
        detector: what is evaluated; it is called from several threads.
        dataset: the pictures.
        degradation: what happens to each before it is judged.
        options: how each is judged.
        doing: what a watcher is told.
        watch: lets someone watch.
    """

    def one(item: LabeledImage) -> Verdict | Failure:
        try:
            image: ImageSource = item.path
            if not degradation.is_identity:
                image = degradation.apply(open_image(item.path, name=item.name).rgb())
            return detector.predict(
                image, name=item.name, whole_picture=options.whole_picture, stability=options.stability
            )
        except (ImageError, MissingExtra) as error:
            return Failure.from_error(error)

    with watch(dataset.items, doing) as items:
        return Predictions(dataset, tuple(parallel_map(one, items)))


def worst(judgements: Predictions, label: str, count: int) -> list[tuple[LabeledImage, Verdict]]:
    """The pictures of one class whose answer was most wrong, the worst first."""
    own = [
        (item, result, abs(result.probability_fake - (label == "fake")))
        for item, result in zip(judgements.dataset, judgements.results, strict=True)
        if item.label == label and isinstance(result, Verdict) and result.probability_fake is not None
    ]
    own.sort(key=lambda each: -each[2])
    return [(item, verdict) for item, verdict, wrong in own[:count] if wrong >= 0.5]


def _probability(result: Verdict | Failure) -> float:
    known = result.probability_fake if isinstance(result, Verdict) else None
    return float("nan") if known is None else known


def _decision(result: Verdict | Failure) -> int:
    return _DECISIONS.get(result.label, -1) if isinstance(result, Verdict) else -1


def _face_size(result: Verdict | Failure) -> float:
    if isinstance(result, Failure) or not result.faces:
        return float("nan")
    return float(max(max(face.box[2:]) for face in result.faces))
