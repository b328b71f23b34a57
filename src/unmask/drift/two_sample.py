"""Two-sample tests and the population stability index. NumPy only.

* Numbers: Kolmogorov-Smirnov test with the asymptotic distribution and M. Stephens' correction for small samples
  (Journal of the Royal Statistical Society B 32, 1970).
* Categories: chi-squared statistic with a permutation test, which needs no minimum counts.
* Population stability index (PSI): symmetric divergence of binned distributions; values above 0.1 are usually called a
  moderate change, above 0.25 a large one.
* Several tests: S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", 1979.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BINS = 10
PERMUTATIONS = 4000
_FLOOR = 0.5
"""Pictures that are added to each bin, so that an empty bin gives a finite index."""


def ks_p_value(first: Floats, second: Floats) -> float:
    """Two-sided p-value of the Kolmogorov-Smirnov test; 1 if a sample is empty."""
    if not (len(first) and len(second)):
        return 1.0
    one, two = np.sort(first), np.sort(second)
    points = np.concatenate([one, two])
    gaps = np.searchsorted(one, points, side="right") / len(one) - np.searchsorted(two, points, side="right") / len(two)
    root = math.sqrt(len(one) * len(two) / (len(one) + len(two)))
    statistic = (root + 0.12 + 0.11 / root) * float(np.abs(gaps).max())
    if statistic < 0.2:
        return 1.0
    terms = (2.0 * (1.0 if k % 2 else -1.0) * math.exp(-2.0 * (k * statistic) ** 2) for k in range(1, 101))
    return min(1.0, max(0.0, sum(terms)))


def category_p_value(first: Mapping[str, int], second: Mapping[str, int], seed: int = 0) -> float:
    """P-value of a permutation test with the chi-squared statistic; 1 if there is only one value."""
    names = sorted({*first, *second})
    one, two = (np.array([counts.get(name, 0) for name in names], np.int64) for counts in (first, second))
    total = one + two
    if len(names) < 2 or not one.sum() or not two.sum():
        return 1.0
    drawn = np.random.default_rng(seed).multivariate_hypergeometric(total, int(two.sum()), PERMUTATIONS)
    expected = total * (two.sum() / total.sum())
    statistics = ((drawn - expected) ** 2 / expected).sum(axis=1)
    found = float(((two - expected) ** 2 / expected).sum())
    return float((1 + (statistics >= found - 1e-9).sum()) / (1 + PERMUTATIONS))


def number_psi(reference: Floats, current: Floats) -> float:
    """PSI of numbers, in bins with equal shares of the reference."""
    if not (len(reference) and len(current)):
        return 0.0
    edges = np.unique(np.quantile(reference, np.linspace(0, 1, BINS + 1)[1:-1]))
    counts = [np.bincount(np.searchsorted(edges, sample), minlength=len(edges) + 1) for sample in (reference, current)]
    return _psi(counts[0], counts[1])


def category_psi(reference: Mapping[str, int], current: Mapping[str, int]) -> float:
    """PSI of categories."""
    names = sorted({*reference, *current})
    one, two = (np.array([counts.get(name, 0) for name in names], np.int64) for counts in (reference, current))
    return _psi(one, two) if one.sum() and two.sum() else 0.0


def _psi(first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    one, two = first + _FLOOR, second + _FLOOR
    one, two = one / one.sum(), two / two.sum()
    return float(((two - one) * np.log(two / one)).sum())


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for the number of tests by Holm's method."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted, highest = [0.0] * len(p_values), 0.0
    for place, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[index]))
        adjusted[index] = highest
    return adjusted
