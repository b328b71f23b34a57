"""Is one model better than another, or was it luck? Both judge the same pictures, and the pairs are kept.

The interval is a paired bootstrap over groups. Beside it stands the p-value of the paired test of E. DeLong
et al. (Biometrics 44, 1988), with pictures summed up by group as in N. Obuchowski (Biometrics 53, 1997).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.datasets.ranking import Interval, placements
from unmask.errors import UsageError
from unmask.evaluation.bootstrap import EDGE, resampled, witnesses
from unmask.evaluation.judging import Judgements
from unmask.evaluation.metrics import Figures, Floats, Sample, figures

COMPARED = ("auc", "accuracy", "brier", "coverage", "sure_accuracy", "false_alarms", "misses")
LOWER_IS_BETTER = frozenset({"brier", "false_alarms", "misses"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of two models.

    Attributes:
        name: of the figure.
        first, second: its values.
        gap: second minus first, with its paired 95 % interval.
    """

    name: str
    first: float
    second: float
    gap: Interval

    @property
    def winner(self) -> str | None:
        """`first` or `second` where the interval leaves no doubt, else None."""
        if math.isnan(self.gap.low) or self.gap.low <= 0 <= self.gap.high:
            return None
        return "second" if (self.gap.value > 0) != (self.name in LOWER_IS_BETTER) else "first"

    def to_dict(self) -> dict[str, Any]:
        """The wire form; the figure without meaning is null."""
        if math.isnan(self.gap.value):
            return {"first": None, "second": None, "gap": None, "winner": None}
        first, second = round(self.first, 4), round(self.second, 4)
        return {"first": first, "second": second, "gap": self.gap.to_list(), "winner": self.winner}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on the same pictures.

    Attributes:
        differences: one per figure.
        p_value: of the hypothesis that both rank equally well (paired DeLong test); NaN for one class alone.
    """

    differences: tuple[Difference, ...]
    p_value: float

    def to_dict(self) -> dict[str, Any]:
        """The wire form."""
        return {
            "figures": {difference.name: difference.to_dict() for difference in self.differences},
            "p_value": None if math.isnan(self.p_value) else self.p_value,
        }


def compare(first: Judgements, second: Judgements) -> Comparison:
    """Compare two models' judgements.

    Args:
        first: of one model.
        second: of the other, on the same pictures in the same order.

    Raises:
        UsageError: the pictures are not the same.
    """
    if first.dataset.items != second.dataset.items:
        raise UsageError("only judgements of the same pictures can be compared")
    groups = first.dataset.groups
    values = [figures(judgements.sample) for judgements in (first, second)]
    gaps = resampled(lambda weights: _gap(first.sample, second.sample, weights), groups)
    count = [witnesses(judgements.sample, groups) for judgements in (first, second)]
    differences = (
        Difference(
            name,
            float(values[0][name][0]),
            float(values[1][name][0]),
            _widened(gaps[name], min(each[name] for each in count)),
        )
        for name in COMPARED
    )
    return Comparison(
        tuple(differences), delong(first.sample.labels, first.sample.scores, second.sample.scores, groups)
    )


def _gap(first: Sample, second: Sample, weights: Floats) -> Figures:
    one, two = figures(first, weights), figures(second, weights)
    return {name: two[name] - one[name] for name in COMPARED}


def _widened(gap: Interval, count: int) -> Interval:
    """The interval of a gap with the room that n witnesses leave.

    One tells nothing. Where all moved the same way, resampling shows no spread; that a coin would fall so n times
    bounds how sure that is (the exact binomial limit of the sign test).
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
    """The two-sided p-value that two scores rank equally well.

    Args:
        labels: `[N]`, 1 for fake.
        first: `[N]` scores of one model.
        second: `[N]` scores of the other.
        groups: `[N]`, equal for pictures that are one witness.

    Returns:
        The p-value; NaN where a class is missing or all its pictures are one witness.
    """
    sizes = np.bincount(labels, minlength=2)
    count = min(len(np.unique(groups[labels == label])) for label in (0, 1))
    if count < 2:
        return float("nan")
    placed = placements(labels, second) - placements(labels, first)
    gap = float(placed[labels == 1].mean())
    influence = np.bincount(np.unique(groups, return_inverse=True)[1], (placed - gap) / sizes[labels])
    error = math.sqrt(float((influence**2).sum()) * len(influence) / max(1, len(influence) - 1))
    if error < EDGE:
        return 1.0 if gap == 0.0 else float(0.5 ** (count - 1))
    return math.erfc(abs(gap) / error / math.sqrt(2))
