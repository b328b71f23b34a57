"""ROC-AUC with a confidence interval that is clustered by group.

The interval is that of E. DeLong et al. (Biometrics 44, 1988) with the clustering of N. Obuchowski (Biometrics 53,
1997): images of one group, such as the frames of one video, count as one independent observation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Z95 = 1.959964
"""97.5 % quantile of the standard normal distribution."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its 95 % confidence interval."""

    value: float
    low: float
    high: float

    def to_list(self) -> list[float | None]:
        """`[value, low, high]`, rounded to four places; NaN becomes null."""
        return [None if math.isnan(each) else round(each, 4) for each in (self.value, self.low, self.high)]


def placements(labels: NDArray[np.int64], scores: Floats) -> Floats:
    """DeLong's placement values: the share of the other class that each image is ranked correctly against.

    Args:
        labels: `[N]`, 1 for fake; both classes must be present.
        scores: `[N]`, larger for fake.

    Returns:
        `[N]`; a tie counts one half. The mean over either class is the AUC.
    """
    fakes, reals = np.sort(scores[labels == 1]), np.sort(scores[labels == 0])
    result = np.empty(len(scores))
    for label, others, sign in ((1, reals, 1.0), (0, fakes, -1.0)):
        own = scores[labels == label]
        below = (np.searchsorted(others, own, "left") + np.searchsorted(others, own, "right")) / (2 * len(others))
        result[labels == label] = below if sign > 0 else 1.0 - below
    return result


def auc_interval(labels: NDArray[np.int64], placement: Floats, groups: NDArray[np.int64]) -> Interval:
    """ROC-AUC with its interval, from placement values.

    Args:
        labels: `[N]`, 1 for fake; both classes must be present.
        placement: `[N]`, from `placements`.
        groups: `[N]`; images of one group count as one observation.

    Returns:
        The area. For perfect separation the standard error is 0; the limit is then set by the rule of three: one
        minus three over the number of groups of the smaller class.
    """
    sizes = np.bincount(labels, minlength=2)
    auc = float(placement[labels == 1].mean())
    influence = np.bincount(np.unique(groups, return_inverse=True)[1], (placement - auc) / sizes[labels])
    count = len(influence)
    error = float(np.sqrt((influence**2).sum() * count / max(1, count - 1)))
    fewest = min(len(np.unique(groups[labels == label])) for label in (0, 1))
    low = min(auc - Z95 * error, 1.0 - 3.0 / fewest)
    return Interval(auc, max(0.0, low), min(1.0, max(auc + Z95 * error, 3.0 / fewest)))
