"""Risk-coverage curve of selective classification.

R. El-Yaniv and Y. Wiener, "On the Foundations of Noise-free Selective Classification", JMLR 2010.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def risk_coverage(
    labels: NDArray[np.int64], probability: Floats, weights: Floats | None = None
) -> tuple[Floats, Floats]:
    """Error rate among the accepted images, while images are accepted from the most to the least certain.

    Args:
        labels: `[N]`, 1 for fake.
        probability: `[N]`; an image with NaN is accepted last and counts as wrong.
        weights: `[R, N]`; None gives one round with weight 1.

    Returns:
        Coverage and risk, each `[R, T]`, for the T distinct certainties.
    """
    rounds = np.ones((1, len(labels))) if weights is None else weights
    certainty = np.where(np.isnan(probability), -1.0, np.abs(np.nan_to_num(probability, nan=0.5) - 0.5))
    wrong = np.isnan(probability) | ((probability >= 0.5) != (labels == 1))
    order = np.argsort(-certainty, kind="stable")
    _, starts = np.unique(-certainty[order], return_index=True)
    accepted = np.add.reduceat(rounds[:, order], starts, axis=1).cumsum(axis=1)
    errors = np.add.reduceat((rounds * wrong)[:, order], starts, axis=1).cumsum(axis=1)
    return accepted / accepted[:, -1:], errors / np.maximum(accepted, 1e-12)


def area_under_risk_coverage(labels: NDArray[np.int64], probability: Floats, weights: Floats) -> Floats:
    """Risk averaged over all coverages, `[R]` (AURC; Y. Geifman et al., ICLR 2019); lower is better.

    Args:
        labels: `[N]`, 1 for fake.
        probability: `[N]`.
        weights: `[R, N]`.
    """
    coverage, risk = risk_coverage(labels, probability, weights)
    area: Floats = (np.diff(coverage, axis=1, prepend=0.0) * risk).sum(axis=1)
    return area
