"""Scores to probabilities, and probabilities to thresholds, from held-out scores. Numpy only.

Probabilities are those of a world in which half of the pictures are fake: both classes weigh the same here,
whatever their numbers, and so do the sources where `weights` say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from unmask.card import Calibration, DecisionRule, sigmoid
from unmask.errors import TrainingError
from unmask.training.recipe import Calibrating
from unmask.verdict import PRIOR, Thresholds

Array = NDArray[np.float64]
SLOPES = 0.01, 50.0
"""A flatter best slope means that the network has learnt nothing: every probability is then near one half.
A steeper one means that the held-out classes do not overlap."""
_RIDGE = 1e-3
_HEAVIEST = 0.25
"""Share of an error rate that one group may weigh where a threshold is set, if there are enough of them."""


def balanced_weights(labels: NDArray[np.bool_], sources: Sequence[str]) -> Array:
    """Weight of each score so that the classes weigh the same and, within a class, the sources do; sums to 1."""
    keys = [(source, bool(label)) for source, label in zip(sources, labels, strict=True)]
    counts = {key: keys.count(key) for key in set(keys)}
    per_class = {label: len({key for key in counts if key[1] == label}) for label in (False, True)}
    weights = np.array([1.0 / (counts[key] * per_class[key[1]]) for key in keys])
    shares: Array = weights / weights.sum()
    return shares


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Scores to calibrate with.

    Attributes:
        logits: of `fake`, `[N]`.
        labels: whether each is fake, `[N]`.
        weights: of each, `[N]`, summing to 1.
        groups: `[N]`, equal for scores of one witness: frames of a clip, one picture in several tiers.
    """

    logits: Array
    labels: NDArray[np.bool_]
    weights: Array
    groups: NDArray[np.int64]

    def of_class(self, *, fake: bool) -> HeldOut:
        """Those of one class."""
        here = self.labels == fake
        return HeldOut(self.logits[here], self.labels[here], self.weights[here], self.groups[here])

    @property
    def heaviest(self) -> float:
        """The weight of the group that weighs most."""
        return float(np.bincount(*self._by_group()).max())

    def lightened(self, share: float) -> HeldOut:
        """The same with no group of more than this share of the weight, or as near to that as there are groups for."""
        numbers, weights = self._by_group()
        each = np.bincount(numbers, weights)
        each, limit = each / each.sum(), max(share, 1.0 / len(each))
        descending = np.sort(each)[::-1]
        growth = (1.0 - limit * np.arange(len(each))) / np.cumsum(descending[::-1])[::-1]
        light = np.minimum(each * growth[np.argmax(descending * growth <= limit * (1.0 + 1e-9))], limit)
        return replace(self, weights=weights * (light / each)[numbers])

    def _by_group(self) -> tuple[NDArray[np.int64], Array]:
        """The number of each score's group, counted from 0, and the score's weight, both `[N]`."""
        return np.unique(self.groups, return_inverse=True)[1], self.weights


def calibrate(held_out: HeldOut, settings: Calibrating) -> tuple[Calibration, DecisionRule]:
    """Calibration and decision rule of a model from held-out scores.

    Args:
        held_out: scores as the network gives them.
        settings: method and error rates.

    Raises:
        TrainingError: a class is missing, or a score is not finite.
    """
    labels = held_out.labels
    if labels.all() or not labels.any():
        raise TrainingError("calibration needs held-out pictures of both classes; give more pictures")
    if not np.isfinite(held_out.logits).all():
        raise TrainingError("the network's scores are not finite; lower optimiser.learning_rate")
    with_intercept = settings.method == "platt"
    slope, intercept = fit_platt(held_out.logits, labels, held_out.weights, with_intercept=with_intercept)
    calibrated = replace(held_out, logits=slope * held_out.logits + intercept)
    decision = decide(calibrated, settings)
    one_sided = not settings.false_negative_rate and decision.thresholds.fake_above > PRIOR
    return Calibration(slope, intercept, floor=PRIOR if one_sided else 0.0), decision


def fit_platt(logits: Array, labels: NDArray[np.bool_], weights: Array, *, with_intercept: bool) -> tuple[float, float]:
    """Slope and intercept that make the weighted cross-entropy smallest, by damped Newton steps.

    Platt, "Probabilistic Outputs for Support Vector Machines", 1999; with his smoothed targets, and a slight pull
    to slope 1 so that a few separable scores do not give certainty. The slope is kept within `SLOPES`; an intercept is
    that of the slope that is kept.
    """
    positives, negatives = int(labels.sum()), int((~labels).sum())
    targets = np.where(labels, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    ones = np.ones_like(logits)
    if not with_intercept:
        found = _newton(logits[None], np.zeros_like(logits), targets, weights, np.array([1.0]), np.array([_RIDGE]))
        return _kept(found[0]), 0.0
    start, pull = np.array([1.0, 0.0]), np.array([_RIDGE, 0.0])
    found = _newton(np.stack([logits, ones]), np.zeros_like(logits), targets, weights, start, pull)
    slope = _kept(found[0])
    if slope != found[0]:
        found = _newton(ones[None], slope * logits, targets, weights, np.array([0.0]), np.array([0.0]))
    return slope, float(found[-1])


def _kept(slope: float) -> float:
    return min(max(float(slope), SLOPES[0]), SLOPES[1])


def _newton(features: Array, offset: Array, targets: Array, weights: Array, start: Array, pull: Array) -> Array:
    """The scales of `features` `[K, N]` beside a fixed `offset` `[N]` that make the cross-entropy smallest, `[K]`."""
    scales = start.copy()

    def loss(candidate: Array) -> float:
        z = candidate @ features + offset
        entropy = np.logaddexp(0.0, z) - targets * z
        return float(weights @ entropy + 0.5 * pull @ (candidate - start) ** 2)

    for _ in range(100):
        p = 1.0 / (1.0 + np.exp(-np.clip(scales @ features + offset, -30, 30)))
        gradient = features @ (weights * (p - targets)) + pull * (scales - start)
        curvature = (features * (weights * p * (1 - p))) @ features.T + np.diag(pull + 1e-9)
        step = np.linalg.solve(curvature, gradient)
        size = 1.0
        while size > 1e-6 and loss(scales - size * step) > loss(scales):
            size /= 2
        scales = scales - size * step
        if np.abs(size * step).max() < 1e-9:
            break
    return scales


def decide(held_out: HeldOut, settings: Calibrating) -> DecisionRule:
    """Thresholds at the wanted error rates, from calibrated logits: split conformal prediction, for each class apart.

    A picture of a further real group of the same kinds scores above `fake_above` with the wanted probability at most,
    of a further fake one below `real_below` likewise; so the labels that the band `unsure` leaves are wrong no more
    often (Vovk, "Conditional validity of inductive conformal predictors", 2012). Where the classes are so far apart
    that the two would cross, both become their middle. At a false negative rate of 0 nothing is ever called real.

    Sources weigh the same, but for those so small that one of their groups would be more than a quarter of the rate:
    they weigh less, or a single picture would decide, and the rate be held many times over.
    """
    real = held_out.of_class(fake=False).lightened(_HEAVIEST * settings.false_positive_rate)
    fake = held_out.of_class(fake=True).lightened(_HEAVIEST * settings.false_negative_rate)
    above = bound(real, settings.false_positive_rate)
    mirrored = replace(fake, logits=-fake.logits)
    below = -bound(mirrored, settings.false_negative_rate) if settings.false_negative_rate else -np.inf
    if below > above:
        below = above = (below + above) / 2
    beyond = real.logits > above
    tail = float(np.average(real.logits[beyond] - above, weights=real.weights[beyond])) if beyond.any() else 1.0
    thresholds = Thresholds(sigmoid(below), sigmoid(above))
    return DecisionRule(thresholds, settings.false_positive_rate, settings.false_negative_rate, max(tail, 0.05))


def bound(scores: HeldOut, rate: float) -> float:
    """The smallest of the logits that one of a further group exceeds with probability `rate` at most.

    The further group counts with the weight of the heaviest and as exceeding them all. Where that one weighs too much
    for anything to be promised, the largest.
    """
    order = np.argsort(scores.logits, kind="stable")
    below = np.cumsum(scores.weights[order])
    place = int(np.searchsorted(below, (1.0 - rate) * (below[-1] + scores.heaviest) * (1.0 - 1e-12)))
    return float(scores.logits[order][min(place, len(order) - 1)])


def not_promised(held_out: HeldOut, settings: Calibrating) -> Iterator[str]:
    """The error rates that the held-out pictures are too few to promise, in words for a card."""
    rates = (("real", "highest", settings.false_positive_rate), ("fake", "lowest", settings.false_negative_rate))
    for name, extreme, rate in rates:
        if not rate:
            continue
        part = held_out.of_class(fake=name == "fake").lightened(_HEAVIEST * rate)
        if part.heaviest > rate * (part.weights.sum() + part.heaviest) * (1.0 + 1e-12):
            yield (
                f"Too few independent {name} pictures were held out to promise that at most {rate:.1%} of such are "
                f"misjudged: the threshold is the {extreme} of their scores."
            )
