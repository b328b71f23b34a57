"""Comparison of two models on the same images.

Intervals come from a paired bootstrap over groups. The p-value is that of the paired test of E. DeLong et al.
(Biometrics 44, 1988), clustered by group as in N. Obuchowski (Biometrics 53, 1997).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.datasets.auc import Interval, placements
from unmask.errors import UsageError
from unmask.evaluation.bootstrap import EDGE, bootstrap_intervals, n_groups
from unmask.evaluation.inference import Predictions
from unmask.evaluation.metrics import Floats, MetricArrays, Sample, compute_metrics

COMPARED = ("auc", "accuracy", "brier", "coverage", "sure_accuracy", "false_alarms", "misses")
LOWER_IS_BETTER = frozenset({"brier", "false_alarms", "misses"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One metric of two models.

    Attributes:
        name: name of the metric.
        first, second: value of each model.
        gap: second minus first, with its paired 95 % interval.
    """

    name: str
    first: float
    second: float
    gap: Interval

    @property
    def winner(self) -> str | None:
        """`first` or `second` if the interval excludes 0, else None."""
        if math.isnan(self.gap.low) or self.gap.low <= 0 <= self.gap.high:
            return None
        return "second" if (self.gap.value > 0) != (self.name in LOWER_IS_BETTER) else "first"

    def to_dict(self) -> dict[str, Any]:
        """The wire form; an undefined metric is null."""
        if math.isnan(self.gap.value):
            return {"first": None, "second": None, "gap": None, "winner": None}
        first, second = round(self.first, 4), round(self.second, 4)
        return {"first": first, "second": second, "gap": self.gap.to_list(), "winner": self.winner}


@dataclass(frozen=True, slots=True)
class Comparison:
    """The comparison of two models on the same images.

    Attributes:
        differences: one for each metric.
        p_value: of the hypothesis that both models have the same AUC (paired DeLong test); NaN for one class.
    """

    differences: tuple[Difference, ...]
    p_value: float

    def to_dict(self) -> dict[str, Any]:
        """The wire form."""
        return {
            "figures": {difference.name: difference.to_dict() for difference in self.differences},
            "p_value": None if math.isnan(self.p_value) else self.p_value,
        }


def compare(first: Predictions, second: Predictions) -> Comparison:
    """Compares the predictions of two models.

    Args:
        first: predictions of one model.
        second: predictions of the other one, on the same images in the same order.

    Raises:
        UsageError: the images differ.
    """
    if first.dataset.items != second.dataset.items:
        raise UsageError("cannot compare predictions of different pictures; evaluate both models on one dataset")
    groups = first.dataset.groups
    one, two = (compute_metrics(predictions.sample) for predictions in (first, second))
    gaps = bootstrap_intervals(lambda weights: _metric_differences(first.sample, second.sample, weights), groups)
    counts = [n_groups(predictions.sample, groups) for predictions in (first, second)]
    differences = (
        Difference(
            name,
            float(one[name][0]),
            float(two[name][0]),
            _widen_small_n(gaps[name], min(each[name] for each in counts)),
        )
        for name in COMPARED
    )
    return Comparison(
        tuple(differences), delong(first.sample.labels, first.sample.scores, second.sample.scores, groups)
    )


def _metric_differences(first: Sample, second: Sample, weights: Floats) -> MetricArrays:
    one, two = compute_metrics(first, weights), compute_metrics(second, weights)
    return {name: two[name] - one[name] for name in COMPARED}


def _widen_small_n(gap: Interval, count: int) -> Interval:
    """Widens the interval of a difference where the bootstrap is too narrow.

    The bootstrap gives an empty interval if all groups differ by the same amount. The exact binomial limit of the sign
    test for the number of groups replaces it. A single group allows no statement: its interval is [-1, 1].
    """
    if math.isnan(gap.value):
        return gap
    if count < 2:
        return Interval(gap.value, -1.0, 1.0)
    if gap.value == 0.0 or gap.high - gap.low > EDGE:
        return gap
    nearest = gap.value * (2 * 0.025 ** (1 / count) - 1)
    return Interval(gap.value, min(nearest, gap.value), max(nearest, gap.value))


def delong(labels: NDArray[np.int64], first: Floats, second: Floats, groups: NDArray[np.int64]) -> float:
    """Paired DeLong test of two AUCs, clustered by group.

    Args:
        labels: `[N]`, 1 for fake.
        first: `[N]`, scores of one model.
        second: `[N]`, scores of the other one.
        groups: `[N]` group numbers.

    Returns:
        The two-sided p-value; NaN if a class has fewer than two groups.
    """
    sizes = np.bincount(labels, minlength=2)
    count = min(len(np.unique(groups[labels == label])) for label in (0, 1))
    if count < 2:
        return float("nan")
    difference = placements(labels, second) - placements(labels, first)
    gap = float(difference[labels == 1].mean())
    influence = np.bincount(np.unique(groups, return_inverse=True)[1], (difference - gap) / sizes[labels])
    error = math.sqrt(float((influence**2).sum()) * len(influence) / max(1, len(influence) - 1))
    if error < EDGE:
        return 1.0 if gap == 0.0 else float(0.5 ** (count - 1))
    return math.erfc(abs(gap) / error / math.sqrt(2))
