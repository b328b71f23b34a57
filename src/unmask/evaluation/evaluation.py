"""The result of an evaluation: metrics by tier, source, generator and face size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from unmask.card_metrics import CardMetrics, SubsetMetrics, TierMetrics
from unmask.datasets import Dataset
from unmask.datasets.auc import Interval
from unmask.datasets.training_hashes import TrainingOverlap
from unmask.evaluation.bootstrap import metrics_with_intervals
from unmask.evaluation.inference import Predictions
from unmask.evaluation.metrics import confusion
from unmask.evaluation.robustness import Robustness
from unmask.predict_options import PredictOptions
from unmask.verdict import ModelReference

CARD_METRICS = (
    "auc",
    "accuracy",
    "tpr_at_1pct_fpr",
    "ece",
    "brier",
    "coverage",
    "sure_accuracy",
    "false_alarms",
    "misses",
)
"""Metrics in a model card, for each tier and source."""

_FACE_SIZES = (("under 64 px", 0, 64), ("64–127 px", 64, 128), ("128–255 px", 128, 256), ("256–511 px", 256, 512))


@dataclass(frozen=True)
class Subset:
    """A subset of the images with its metrics.

    Attributes:
        predictions: the images and their results.
    """

    predictions: Predictions

    @cached_property
    def metrics(self) -> dict[str, Interval]:
        """Every metric with its 95 % interval; NaN if the metric is undefined."""
        return metrics_with_intervals(self.predictions.sample, self.predictions.dataset.groups)

    def counts(self) -> dict[str, int]:
        """Number of images of each class, without a face, and unreadable."""
        labels = self.predictions.dataset.labels
        return {
            "n_real": int((labels == 0).sum()),
            "n_fake": int((labels == 1).sum()),
            "no_face": self.predictions.no_face,
            "problems": self.predictions.failures,
        }

    def card_metrics(self) -> SubsetMetrics:
        """Counts and the metrics of a model card."""
        return cast(SubsetMetrics, self._written(CARD_METRICS))

    def to_dict(self) -> dict[str, Any]:
        """Counts, all metrics and the confusion matrix."""
        return {**self._written(tuple(self.metrics)), "confusion": confusion(self.predictions.sample)}

    def _written(self, names: tuple[str, ...]) -> dict[str, Any]:
        """Counts and the defined metrics as `[value, low, high]`."""
        metrics = {name: self.metrics[name] for name in names}
        return {
            **self.counts(),
            **{name: interval.to_list() for name, interval in metrics.items() if not math.isnan(interval.value)},
        }


@dataclass(frozen=True)
class Tier:
    """The predictions in one tier, and their subsets."""

    predictions: Predictions

    @cached_property
    def all(self) -> Subset:
        """All images."""
        return Subset(self.predictions)

    @cached_property
    def sources(self) -> dict[str, Subset]:
        """The images of each source."""
        sources = np.array([item.source for item in self.predictions.dataset])
        return {name: self._subset(sources == name) for name in self.predictions.dataset.sources}

    @cached_property
    def generators(self) -> dict[str, Subset]:
        """The fakes of each generator, with the real images of the sources they are in."""
        items = self.predictions.dataset.items
        names = sorted({item.generator for item in items if item.generator and item.label == "fake"})
        return {name: self._subset(self._generator_mask(name)) for name in names}

    def _generator_mask(self, name: str) -> NDArray[np.bool_]:
        items = self.predictions.dataset.items
        sources = {item.source for item in items if item.generator == name}
        return np.array(
            [item.generator == name if item.label == "fake" else item.source in sources for item in items], bool
        )

    @cached_property
    def face_sizes(self) -> dict[str, Subset]:
        """The images by the longer side of their largest face."""
        sizes = self.predictions.face_sizes
        masks = {name: (sizes >= low) & (sizes < high) for name, low, high in _FACE_SIZES}
        masks |= {"512 px and more": sizes >= 512, "no face found": np.isnan(sizes)}
        return {name: self._subset(mask) for name, mask in masks.items() if mask.any()}

    def _subset(self, mask: NDArray[np.bool_]) -> Subset:
        return Subset(self.predictions.take(mask))

    def card_metrics(self) -> TierMetrics:
        """The metrics of a model card: of all images and by source."""
        return {
            "all": self.all.card_metrics(),
            "sources": {name: subset.card_metrics() for name, subset in self.sources.items()},
        }

    def to_dict(self) -> dict[str, Any]:
        """All metrics of all subsets."""
        groups = {"sources": self.sources, "generators": self.generators, "face_sizes": self.face_sizes}
        return {
            "all": self.all.to_dict(),
            **{key: {name: each.to_dict() for name, each in subsets.items()} for key, subsets in groups.items()},
        }


@dataclass(frozen=True)
class Evaluation:
    """The result of an evaluation.

    Attributes:
        dataset: the evaluated images.
        model: the evaluated model.
        options: options of each prediction.
        tiers: result by tier, in the requested order.
        robustness: metrics under a grid of degradations; None if not requested.
        overlap: images that the model was trained on; None if hashes of its training images are not known.
    """

    dataset: Dataset
    model: ModelReference
    options: PredictOptions
    tiers: Mapping[str, Tier]
    robustness: Robustness | None = None
    overlap: TrainingOverlap | None = None

    def card_metrics(self) -> CardMetrics:
        """The metrics that a model card stores.

        A metric is `[value, low, high]` with the limits of its 95 % interval; undefined metrics are left out.
        """
        return {
            "dataset": {
                "name": self.dataset.name,
                "sha256": self.dataset.sha256,
                "splits": [split or "unsplit" for split in self.dataset.splits],
                "pictures": len(self.dataset),
            },
            "manner": self.options.to_dict(),
            "tiers": {name: tier.card_metrics() for name, tier in self.tiers.items()},
        }

    def to_dict(self, *, detail: bool = False) -> dict[str, Any]:
        """The wire form: `card_metrics()`; with `detail` all metrics, generators and face sizes as well."""
        written: dict[str, Any] = {**self.card_metrics()}
        if not detail:
            return written
        return {
            **written,
            "tiers": {name: tier.to_dict() for name, tier in self.tiers.items()},
            "model": self.model.to_dict(),
            **({"robustness": self.robustness.to_dict()} if self.robustness else {}),
            **({"training_overlap": self.overlap.to_dict()} if self.overlap else {}),
        }

    def to_html(self, history: Sequence[Mapping[str, float]] = ()) -> str:
        """The evaluation as one HTML document that loads nothing.

        Args:
            history: figures of each training epoch, which are drawn as curves; empty for none.
        """
        from unmask.evaluation.page import evaluation_page

        return evaluation_page(self, history)
