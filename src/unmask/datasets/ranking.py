"""How well scores rank fakes above real pictures, and how sure that is: ROC-AUC with an interval that knows groups.

The interval is that of E. DeLong et al. (Biometrics 44, 1988) with pictures summed up by group as in
N. Obuchowski (Biometrics 53, 1997), so ten frames of one video do not count as ten witnesses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Z95 = 1.959964

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % confidence interval."""

    value: float
    low: float
    high: float

    def to_list(self) -> list[float | None]:
        """`[value, low, high]`, to four places; null for what is not known."""
        return [None if math.isnan(each) else round(each, 4) for each in (self.value, self.low, self.high)]


def placements(labels: NDArray[np.int64], scores: Floats) -> Floats:
    """The share of the other class each picture is ranked rightly against, `[N]`; a tie counts half.

    Args:
        labels: `[N]`, 1 for fake; both classes are there.
        scores: `[N]`, larger for more suspicious.
    """
    fakes, reals = np.sort(scores[labels == 1]), np.sort(scores[labels == 0])
    result = np.empty(len(scores))
    for label, others, sign in ((1, reals, 1.0), (0, fakes, -1.0)):
        own = scores[labels == label]
        below = (np.searchsorted(others, own, "left") + np.searchsorted(others, own, "right")) / (2 * len(others))
        result[labels == label] = below if sign > 0 else 1.0 - below
    return result


def auc_interval(labels: NDArray[np.int64], placed: Floats, groups: NDArray[np.int64]) -> Interval:
    """ROC-AUC from placements.

    Args:
        labels: `[N]`, 1 for fake; both classes are there.
        placed: `[N]`, from `placements`.
        groups: `[N]`, equal for pictures that are one witness.

    Returns:
        The area; where separation is perfect, the lower limit is one minus three over the smaller class's groups
        (the rule of three), since no sample shows certainty.
    """
    sizes = np.bincount(labels, minlength=2)
    auc = float(placed[labels == 1].mean())
    influence = np.bincount(np.unique(groups, return_inverse=True)[1], (placed - auc) / sizes[labels])
    count = len(influence)
    error = float(np.sqrt((influence**2).sum() * count / max(1, count - 1)))
    witnesses = min(len(np.unique(groups[labels == label])) for label in (0, 1))
    low = min(auc - Z95 * error, 1.0 - 3.0 / witnesses)
    return Interval(auc, max(0.0, low), min(1.0, max(auc + Z95 * error, 3.0 / witnesses)))
