"""What an evaluation found: the figures of every tier, source, generator and face size."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.datasets import Dataset
from unmask.datasets.ranking import Interval
from unmask.evaluation.bootstrap import with_intervals
from unmask.evaluation.judging import Judgements, Manner
from unmask.evaluation.metrics import confusion
from unmask.evaluation.robustness import Robustness
from unmask.verdict import ModelReference

CARD_FIGURES = (
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
"""What a model card states of each tier and source."""

_FACE_SIZES = (("under 64 px", 0, 64), ("64–127 px", 64, 128), ("128–255 px", 128, 256), ("256–511 px", 256, 512))


@dataclass(frozen=True)
class Scope:
    """The figures of some of the pictures.

    Attributes:
        judgements: the pictures and what was said of them.
    """

    judgements: Judgements

    @cached_property
    def figures(self) -> dict[str, Interval]:
        """Every figure with its 95 % interval; NaN where it has no meaning."""
        return with_intervals(self.judgements.sample, self.judgements.dataset.groups)

    def counts(self) -> dict[str, int]:
        """How many pictures there are of each class, and how many could not be judged."""
        labels = self.judgements.dataset.labels
        return {
            "n_real": int((labels == 0).sum()),
            "n_fake": int((labels == 1).sum()),
            "no_face": self.judgements.no_face,
            "problems": self.judgements.problems,
        }

    def to_dict(self, *, detail: bool = False) -> dict[str, Any]:
        """Counts and figures `[value, low, high]`; those of the card, or all with the confusion matrix."""
        chosen = self.figures if detail else {name: self.figures[name] for name in CARD_FIGURES}
        written = {name: interval.to_list() for name, interval in chosen.items() if not math.isnan(interval.value)}
        more = {"confusion": confusion(self.judgements.sample)} if detail else {}
        return {**self.counts(), **written, **more}


@dataclass(frozen=True)
class Tier:
    """One tier's judgements, cut in every way the report shows."""

    judgements: Judgements

    @cached_property
    def all(self) -> Scope:
        """All pictures."""
        return Scope(self.judgements)

    @cached_property
    def sources(self) -> dict[str, Scope]:
        """The pictures of each source."""
        sources = np.array([item.source for item in self.judgements.dataset])
        return {name: self._scope(sources == name) for name in self.judgements.dataset.sources}

    @cached_property
    def generators(self) -> dict[str, Scope]:
        """The fakes of each generator beside the real pictures of the sources they are in."""
        items = self.judgements.dataset.items
        names = sorted({item.generator for item in items if item.generator and item.label == "fake"})
        return {name: self._scope(self._of_generator(name)) for name in names}

    def _of_generator(self, name: str) -> NDArray[np.bool_]:
        items = self.judgements.dataset.items
        homes = {item.source for item in items if item.generator == name}
        return np.array(
            [item.generator == name if item.label == "fake" else item.source in homes for item in items], bool
        )

    @cached_property
    def face_sizes(self) -> dict[str, Scope]:
        """The pictures by the long side of their largest face."""
        sizes = self.judgements.face_sizes
        masks = {name: (sizes >= low) & (sizes < high) for name, low, high in _FACE_SIZES}
        masks |= {"512 px and more": sizes >= 512, "no face found": np.isnan(sizes)}
        return {name: self._scope(mask) for name, mask in masks.items() if mask.any()}

    def _scope(self, chosen: NDArray[np.bool_]) -> Scope:
        return Scope(self.judgements.take(chosen))

    def to_dict(self, *, detail: bool = False) -> dict[str, Any]:
        """The wire form."""
        cuts: dict[str, dict[str, Scope]] = {"sources": self.sources}
        if detail:
            cuts |= {"generators": self.generators, "face_sizes": self.face_sizes}
        return {
            "all": self.all.to_dict(detail=detail),
            **{
                cut: {name: scope.to_dict(detail=detail) for name, scope in scopes.items()}
                for cut, scopes in cuts.items()
            },
        }


@dataclass(frozen=True)
class Evaluation:
    """What an evaluation found.

    Attributes:
        dataset: the pictures judged.
        model: which model judged them.
        manner: how.
        tiers: tier to what was found there, in the order asked for.
        robustness: what degradations cost, where that was asked for.
    """

    dataset: Dataset
    model: ModelReference
    manner: Manner
    tiers: Mapping[str, Tier]
    robustness: Robustness | None = None

    def to_dict(self, *, detail: bool = False) -> dict[str, Any]:
        """What a model card stores under `metrics`; with `detail` every figure, generator and face size as well.

        A figure is `[value, low, high]` with the limits of its 95 % interval; one without meaning is left out.
        """
        return {
            "dataset": {
                "name": self.dataset.name,
                "sha256": self.dataset.sha256,
                "splits": [split or "unsplit" for split in self.dataset.splits],
                "pictures": len(self.dataset),
            },
            "manner": self.manner.to_dict(),
            "tiers": {name: tier.to_dict(detail=detail) for name, tier in self.tiers.items()},
            **({"model": self.model.to_dict()} if detail else {}),
            **({"robustness": self.robustness.to_dict()} if detail and self.robustness else {}),
        }

    def to_html(self) -> str:
        """The evaluation as one HTML document that loads nothing."""
        from unmask.evaluation.page import evaluation_page

        return evaluation_page(self)
