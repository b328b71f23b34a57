"""Scores to probabilities, and probabilities to thresholds, from held-out scores. Numpy only.

Probabilities are those of a world in which half of the pictures are fake: both classes weigh the same here,
whatever their numbers, and so do the sources where `weights` say so.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from unmask.card import Calibration, DecisionRule, sigmoid
from unmask.errors import TrainingError
from unmask.training.recipe import Calibrating
from unmask.verdict import Thresholds

Array = NDArray[np.float64]
SLOPES = 0.01, 50.0
"""A flatter best slope means that the network has learnt nothing: every probability is then near one half.
A steeper one means that the held-out classes do not overlap."""
_RIDGE = 1e-3


def balanced_weights(labels: NDArray[np.bool_], sources: Sequence[str]) -> Array:
    """Weight of each score so that the classes weigh the same and, within a class, the sources do; sums to 1."""
    keys = [(source, bool(label)) for source, label in zip(sources, labels, strict=True)]
    counts = {key: keys.count(key) for key in set(keys)}
    per_class = {label: len({key for key in counts if key[1] == label}) for label in (False, True)}
    weights = np.array([1.0 / (counts[key] * per_class[key[1]]) for key in keys])
    shares: Array = weights / weights.sum()
    return shares


def calibrate(
    logits: Array, labels: NDArray[np.bool_], weights: Array, settings: Calibrating
) -> tuple[Calibration, DecisionRule]:
    """Calibration and decision rule of a model from held-out scores.

    Args:
        logits: of `fake`, as the network gives them, `[N]`.
        labels: whether each is fake, `[N]`.
        weights: of each, `[N]`, summing to 1.
        settings: method and error rates.

    Raises:
        TrainingError: a class is missing, or a score is not finite.
    """
    if labels.all() or not labels.any():
        raise TrainingError("calibration needs held-out pictures of both classes; give more pictures")
    if not np.isfinite(logits).all():
        raise TrainingError("the network's scores are not finite; lower optimiser.learning_rate")
    slope, intercept = fit_platt(logits, labels, weights, with_intercept=settings.method == "platt")
    calibration = Calibration(slope, intercept)
    return calibration, decide(slope * logits + intercept, labels, weights, settings)


def fit_platt(logits: Array, labels: NDArray[np.bool_], weights: Array, *, with_intercept: bool) -> tuple[float, float]:
    """Slope and intercept that make the weighted cross-entropy smallest, by damped Newton steps.

    Platt, "Probabilistic Outputs for Support Vector Machines", 1999; with his smoothed targets, and a slight pull
    to slope 1 so that a few separable scores do not give certainty. The slope is kept within `SLOPES`.
    """
    positives, negatives = int(labels.sum()), int((~labels).sum())
    targets = np.where(labels, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    features = np.stack([logits, np.ones_like(logits)])[: 1 + with_intercept]
    start = np.array([1.0, 0.0])[: 1 + with_intercept]
    pull = np.array([_RIDGE, 0.0])[: 1 + with_intercept]
    scales = start.copy()

    def loss(candidate: Array) -> float:
        z = candidate @ features
        entropy = np.logaddexp(0.0, z) - targets * z
        return float(weights @ entropy + 0.5 * pull @ (candidate - start) ** 2)

    for _ in range(100):
        p = 1.0 / (1.0 + np.exp(-np.clip(scales @ features, -30, 30)))
        gradient = features @ (weights * (p - targets)) + pull * (scales - start)
        curvature = (features * (weights * p * (1 - p))) @ features.T + np.diag(pull + 1e-9)
        step = np.linalg.solve(curvature, gradient)
        size = 1.0
        while size > 1e-6 and loss(scales - size * step) > loss(scales):
            size /= 2
        scales = scales - size * step
        if np.abs(size * step).max() < 1e-9:
            break
    slope = min(max(float(scales[0]), SLOPES[0]), SLOPES[1])
    return slope, float(scales[1]) if with_intercept else 0.0


def decide(logits: Array, labels: NDArray[np.bool_], weights: Array, settings: Calibrating) -> DecisionRule:
    """Thresholds at the wanted error rates, from calibrated logits: split conformal prediction, for each class apart.

    A further real picture of the same kinds scores above `fake_above` with the wanted probability at most, a further
    fake one below `real_below` likewise; so the labels that the band `unsure` leaves are wrong no more often (Vovk,
    "Conditional validity of inductive conformal predictors", 2012). Where the classes are so far apart that the two
    would cross, both become their middle.
    """
    real, fake = ~labels, labels
    above = bound(logits[real], weights[real], settings.false_positive_rate)
    below = -bound(-logits[fake], weights[fake], settings.false_negative_rate)
    if below > above:
        below = above = (below + above) / 2
    beyond = logits[real] > above
    tail = float(np.average(logits[real][beyond] - above, weights=weights[real][beyond])) if beyond.any() else 1.0
    thresholds = Thresholds(sigmoid(below), sigmoid(above))
    return DecisionRule(thresholds, settings.false_positive_rate, settings.false_negative_rate, max(tail, 0.05))


def bound(values: Array, weights: Array, rate: float) -> float:
    """The smallest of the values that a further one exceeds with probability `rate` at most.

    The further one counts with the largest weight and as exceeding them all. With so few values that nothing can be
    promised (fewer than `1 / rate - 1` of equal weight), the largest.
    """
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order])
    place = int(np.searchsorted(below, (1.0 - rate) * (below[-1] + weights.max()) * (1.0 - 1e-12)))
    return float(values[order][min(place, len(values) - 1)])
