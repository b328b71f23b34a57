"""Runs a detector over a dataset, with one result for every image."""

from __future__ import annotations

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
from unmask.predict_options import PredictOptions
from unmask.progress import Progress, no_progress, track
from unmask.verdict import Failure, Label, ModelReference, Verdict

_DECISIONS = {Label.FAKE: 1, Label.REAL: 0}
DEFAULT_OPTIONS = PredictOptions()


class Predictor(Protocol):
    """What can be evaluated; `Detector` implements it. `predict` is called from several threads."""

    model: ModelReference

    def predict(
        self, image: ImageSource, *, name: str | None = None, whole_picture: bool = False, stability: bool = True
    ) -> Verdict:
        """Returns the verdict on one image."""


@dataclass(frozen=True)
class Predictions:
    """One result for each image of a dataset.

    Attributes:
        dataset: the images.
        results: a verdict or a failure for each image, in the same order.
    """

    dataset: Dataset
    results: tuple[Verdict | Failure, ...]

    @cached_property
    def sample(self) -> Sample:
        """Labels and predictions as arrays."""
        return Sample(
            self.dataset.labels,
            np.array([_probability(result) for result in self.results], np.float64),
            np.array([_decision(result) for result in self.results], np.int64),
        )

    @cached_property
    def face_sizes(self) -> Floats:
        """Longer side of each image's largest face in pixels, `[N]`; NaN if no face was found."""
        return np.array([_face_size(result) for result in self.results], np.float64)

    @property
    def no_face(self) -> int:
        """Number of images in which no face was found."""
        return sum(isinstance(result, Verdict) and result.label is Label.NO_FACE for result in self.results)

    @property
    def failures(self) -> int:
        """Number of images that could not be opened."""
        return sum(isinstance(result, Failure) for result in self.results)

    def take(self, mask: NDArray[np.bool_]) -> Predictions:
        """The images at which a mask `[N]` is true."""
        indices = np.flatnonzero(mask).tolist()
        return Predictions(self.dataset.take(indices), tuple(self.results[index] for index in indices))


def predict_dataset(
    detector: Predictor,
    dataset: Dataset,
    degradation: Degradation = NO_DEGRADATION,
    options: PredictOptions = DEFAULT_OPTIONS,
    *,
    task: str = "evaluating",
    progress: Progress = no_progress,
) -> Predictions:
    """Predicts every image of a dataset after a degradation, on all cores.

    Args:
        detector: the detector; it is called from several threads.
        dataset: the images.
        degradation: applied to each image before the prediction.
        options: options of each prediction.
        task: task name for the progress display.
        progress: receives the number of finished images.
    """

    def predict(item: LabeledImage) -> Verdict | Failure:
        try:
            image: ImageSource = item.path
            if not degradation.is_identity:
                image = degradation.apply(open_image(item.path, name=item.name).rgb())
            return detector.predict(image, name=item.name, **options.to_dict())
        except (ImageError, MissingExtra) as error:
            return Failure.from_error(error)

    return Predictions(dataset, tuple(parallel_map(predict, track(dataset.items, task, progress))))


def worst_errors(predictions: Predictions, label: str, count: int) -> list[tuple[LabeledImage, Verdict]]:
    """The wrongly scored images of one class, largest error first.

    Args:
        predictions: the results.
        label: true class, `real` or `fake`.
        count: largest number of images.
    """
    errors = [
        (item, result, abs(result.probability_fake - (label == "fake")))
        for item, result in zip(predictions.dataset, predictions.results, strict=True)
        if item.label == label and isinstance(result, Verdict) and result.probability_fake is not None
    ]
    errors.sort(key=lambda each: -each[2])
    return [(item, verdict) for item, verdict, error in errors[:count] if error >= 0.5]


def _probability(result: Verdict | Failure) -> float:
    known = result.probability_fake if isinstance(result, Verdict) else None
    return float("nan") if known is None else known


def _decision(result: Verdict | Failure) -> int:
    return _DECISIONS.get(result.label, -1) if isinstance(result, Verdict) else -1


def _face_size(result: Verdict | Failure) -> float:
    if isinstance(result, Failure) or not result.faces:
        return float("nan")
    return float(max(max(face.box[2:]) for face in result.faces))
