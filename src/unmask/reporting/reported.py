"""An evaluation that can show itself: the public `evaluate`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from unmask.datasets import Dataset
from unmask.evaluation import TIERS, Evaluation, run
from unmask.evaluation.judging import AS_SHIPPED, Judge, Manner, Watch, unwatched
from unmask.reporting.evaluation import evaluation_page


@dataclass(frozen=True)
class ReportedEvaluation(Evaluation):
    """What an evaluation found, and its page."""

    def to_html(self) -> str:
        """The page as one HTML document that loads nothing."""
        return evaluation_page(self)


def evaluate(
    detector: Judge,
    dataset: Dataset,
    *,
    tiers: Iterable[str] = tuple(TIERS),
    manner: Manner = AS_SHIPPED,
    robustness: int = 0,
    watch: Watch = unwatched,
) -> ReportedEvaluation:
    """Judge a data set as users would, in every tier.

    Args:
        detector: what is evaluated.
        dataset: the pictures; all of them are judged, whatever their split.
        tiers: which of `clean`, `web`, `hard`.
        manner: how each picture is judged.
        robustness: also judge this many of the pictures under every degradation of a grid; 0 for none.
        watch: lets someone watch the work.

    Raises:
        UsageError: an unknown tier.
        DatasetError: no pictures.
    """
    found = run.evaluate(detector, dataset, tiers=tiers, manner=manner, robustness=robustness, watch=watch)
    return ReportedEvaluation(found.dataset, found.model, found.manner, found.tiers, found.robustness)
