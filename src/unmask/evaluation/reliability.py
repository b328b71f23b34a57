"""Reliability diagram and expected calibration error."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BINS = 15

Floats = NDArray[np.float64]


def reliability(labels: NDArray[np.int64], probability: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Reliability diagram with fifteen bins of equal weight; equal probabilities share a bin.

    Args:
        labels: `[N]`, 1 for fake.
        probability: `[N]`; NaN is left out.
        weights: `[R, N]`.

    Returns:
        Share of the weight, mean probability and share of fakes in each bin, each `[R, 15]`. The bins are in the order
        of the probability. The last two are NaN in empty bins.
    """
    order = np.argsort(probability, kind="stable")
    order = order[~np.isnan(probability[order])]
    ordered = weights[:, order]
    total = ordered.sum(axis=1, keepdims=True)
    _, starts, run = np.unique(probability[order], return_index=True, return_inverse=True)
    tied = np.add.reduceat(ordered, starts, axis=1)
    middle = (tied.cumsum(axis=1) - tied / 2) / np.maximum(total, 1e-12)
    bins = np.minimum(middle * BINS, BINS - 1).astype(np.int64)[:, run]
    slots = (bins + np.arange(len(weights))[:, None] * BINS).ravel()

    def binned(values: Floats) -> Floats:
        sums: Floats = np.asarray(np.bincount(slots, values.ravel(), len(weights) * BINS), np.float64)
        return sums.reshape(-1, BINS)

    mass = binned(ordered)
    with np.errstate(invalid="ignore", divide="ignore"):
        return mass / total, binned(ordered * probability[order]) / mass, binned(ordered * labels[order]) / mass


def calibration_error(labels: NDArray[np.int64], probability: Floats, weights: Floats) -> Floats:
    """Expected calibration error over fifteen bins of equal weight (M. Naeini et al., AAAI 2015).

    Args:
        labels: `[N]`, 1 for fake.
        probability: `[N]`; NaN is left out.
        weights: `[R, N]`.

    Returns:
        `[R]`; NaN if there is no prediction.
    """
    mass, predicted, observed = reliability(labels, probability, weights)
    error: Floats = np.where(mass > 0, mass * np.abs(predicted - observed), 0.0).sum(axis=1)
    return np.where(np.isnan(mass[:, 0]), np.nan, error)
