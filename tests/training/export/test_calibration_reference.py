"""Platt and temperature scaling against SciPy and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from sklearn.linear_model import LogisticRegression

from unmask.training.export.calibration import fit_platt

Array = NDArray[np.float64]


def scores_of(seed: int, count: int = 800) -> tuple[Array, NDArray[np.bool_], Array]:
    """Overlapping logits, most of them tied, with unequal weights that sum to 1."""
    rng = np.random.default_rng(seed)
    labels = rng.random(count) < rng.uniform(0.2, 0.8)
    logits = (rng.normal(size=count) * 2 + 3 * labels * rng.uniform(0.5, 1.5) - rng.uniform(0, 2)).round(1)
    weights = rng.uniform(0.5, 2.0, count)
    return logits, labels, weights / weights.sum()


def smoothed_targets(labels: NDArray[np.bool_]) -> Array:
    positives, negatives = int(labels.sum()), int((~labels).sum())
    return np.where(labels, (positives + 1) / (positives + 2), 1 / (negatives + 2))


def loss(slope: float, intercept: float, logits: Array, targets: Array, weights: Array) -> float:
    z = slope * logits + intercept
    return float(weights @ (np.logaddexp(0.0, z) - targets * z)) + 0.5e-3 * (slope - 1) ** 2


@pytest.mark.parametrize("seed", range(6))
def test_platt_scaling_is_the_minimum_that_scipy_finds(seed: int) -> None:
    logits, labels, weights = scores_of(seed)
    targets = smoothed_targets(labels)
    expected = minimize(
        lambda both: loss(both[0], both[1], logits, targets, weights), [1.0, 0.0], method="Nelder-Mead", tol=1e-10
    ).x
    assert fit_platt(logits, labels, weights, with_intercept=True) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("seed", range(6))
def test_temperature_scaling_is_the_minimum_that_scipy_finds(seed: int) -> None:
    logits, labels, weights = scores_of(seed)
    targets = smoothed_targets(labels)
    expected = minimize_scalar(
        lambda slope: loss(slope, 0.0, logits, targets, weights), bounds=(0.01, 50), method="bounded"
    ).x
    slope, intercept = fit_platt(logits, labels, weights, with_intercept=False)
    assert intercept == 0.0
    assert slope == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("seed", range(6))
def test_platt_scaling_is_close_to_logistic_regression(seed: int) -> None:
    """Logistic regression without the penalty; soft targets are two weighted copies of each score."""
    logits, labels, weights = scores_of(seed)
    targets = smoothed_targets(labels)
    twice = np.concatenate([logits, logits])[:, None]
    classes = np.repeat([1, 0], len(logits))
    copies = np.concatenate([weights * targets, weights * (1 - targets)])
    model = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000).fit(twice, classes, sample_weight=copies * 1e4)
    slope, intercept = fit_platt(logits, labels, weights, with_intercept=True)
    assert slope == pytest.approx(float(model.coef_[0, 0]), abs=0.03)
    assert intercept == pytest.approx(float(model.intercept_[0]), abs=0.03)
