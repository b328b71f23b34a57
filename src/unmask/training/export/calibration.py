"""Calibration of scores and choice of thresholds from the calibration split. NumPy only.

Probabilities assume that half of the images are fake: both classes have the same total weight, and so have the sources
within a class.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np
from numpy.typing import NDArray

from unmask.card import Calibration, DecisionRule, sigmoid
from unmask.errors import TrainingError
from unmask.training.config import CalibrationConfig
from unmask.verdict import PRIOR, Thresholds

Array = NDArray[np.float64]
SLOPES = 0.01, 50.0
"""Smallest slope, for a network that has learned nothing, and largest, for classes that do not overlap."""
_RIDGE = 1e-3
_MAX_GROUP_SHARE = 0.25
"""Largest weight of one group, as a share of the error rate, when a threshold is set."""


def balanced_weights(labels: NDArray[np.bool_], sources: Sequence[str]) -> Array:
    """Weights `[N]` that sum to 1, equal for both classes and, within a class, equal for its sources."""
    keys = [(source, bool(label)) for source, label in zip(sources, labels, strict=True)]
    counts = {key: keys.count(key) for key in set(keys)}
    per_class = {label: len({key for key in counts if key[1] == label}) for label in (False, True)}
    weights = np.array([1.0 / (counts[key] * per_class[key[1]]) for key in keys])
    shares: Array = weights / weights.sum()
    return shares


@dataclass(frozen=True, slots=True)
class CalibrationScores:
    """Scores of the calibration split.

    Attributes:
        logits: logits of `fake`, `[N]`.
        labels: True for fake, `[N]`.
        weights: `[N]`, with sum 1.
        groups: `[N]`; frames of one video and one image in several tiers form one group.
    """

    logits: Array
    labels: NDArray[np.bool_]
    weights: Array
    groups: NDArray[np.int64]

    def of_class(self, *, fake: bool) -> CalibrationScores:
        """The scores of one class."""
        here = self.labels == fake
        return CalibrationScores(self.logits[here], self.labels[here], self.weights[here], self.groups[here])

    @property
    def max_group_weight(self) -> float:
        """Largest weight of a group."""
        return float(np.bincount(*self._by_group()).max())

    def cap_group_weight(self, share: float) -> CalibrationScores:
        """The scores with the weight of each group limited to this share of the total, or to 1 / number of groups."""
        numbers, weights = self._by_group()
        each = np.bincount(numbers, weights)
        each, limit = each / each.sum(), max(share, 1.0 / len(each))
        descending = np.sort(each)[::-1]
        growth = (1.0 - limit * np.arange(len(each))) / np.cumsum(descending[::-1])[::-1]
        light = np.minimum(each * growth[np.argmax(descending * growth <= limit * (1.0 + 1e-9))], limit)
        return replace(self, weights=weights * (light / each)[numbers])

    def _by_group(self) -> tuple[NDArray[np.int64], Array]:
        """The group number of each score, from 0, and its weight, both `[N]`."""
        return np.unique(self.groups, return_inverse=True)[1], self.weights


def calibrate(scores: CalibrationScores, config: CalibrationConfig) -> tuple[Calibration, DecisionRule]:
    """Calibration and decision rule of a model.

    Args:
        scores: scores of the calibration split, as the network gives them.
        config: method and error rates.

    Raises:
        TrainingError: a class is missing, or a score is not finite.
    """
    labels = scores.labels
    if labels.all() or not labels.any():
        raise TrainingError("the calibration split needs pictures of both classes; add pictures")
    if not np.isfinite(scores.logits).all():
        raise TrainingError("the network's scores are not finite; lower optimizer.learning_rate")
    with_intercept = config.method == "platt"
    slope, intercept = fit_platt(scores.logits, labels, scores.weights, with_intercept=with_intercept)
    calibrated = replace(scores, logits=slope * scores.logits + intercept)
    decision = decide(calibrated, config)
    one_sided = not config.false_negative_rate and decision.thresholds.fake_above > PRIOR
    return Calibration(slope, intercept, floor=PRIOR if one_sided else 0.0), decision


def fit_platt(logits: Array, labels: NDArray[np.bool_], weights: Array, *, with_intercept: bool) -> tuple[float, float]:
    """Slope and intercept that minimize the weighted cross-entropy, by damped Newton steps.

    Platt, "Probabilistic Outputs for Support Vector Machines", 1999, with his smoothed targets. A small ridge penalty
    pulls the slope toward 1, so that a few separable scores do not give certainty. The slope is clamped to `SLOPES`,
    and the intercept is fitted to the clamped slope.
    """
    positives, negatives = int(labels.sum()), int((~labels).sum())
    targets = np.where(labels, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    ones = np.ones_like(logits)
    if not with_intercept:
        found = _newton(logits[None], np.zeros_like(logits), targets, weights, np.array([1.0]), np.array([_RIDGE]))
        return _clamp(found[0]), 0.0
    start, pull = np.array([1.0, 0.0]), np.array([_RIDGE, 0.0])
    found = _newton(np.stack([logits, ones]), np.zeros_like(logits), targets, weights, start, pull)
    slope = _clamp(found[0])
    if slope != found[0]:
        found = _newton(ones[None], slope * logits, targets, weights, np.array([0.0]), np.array([0.0]))
    return slope, float(found[-1])


def _clamp(slope: float) -> float:
    return min(max(float(slope), SLOPES[0]), SLOPES[1])


def _newton(features: Array, offset: Array, targets: Array, weights: Array, start: Array, pull: Array) -> Array:
    """Coefficients `[K]` of `features` `[K, N]` that minimize the cross-entropy, with a fixed `offset` `[N]`."""
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


def decide(scores: CalibrationScores, config: CalibrationConfig) -> DecisionRule:
    """Thresholds for given error rates from calibrated logits, by class-conditional split conformal prediction.

    An image of a new real group scores above `fake_above` with at most the given probability, and an image of a new
    fake group below `real_below` likewise (Vovk, "Conditional validity of inductive conformal predictors", 2012). If
    the thresholds would cross because the classes are far apart, both become their mean. With a false negative rate of
    0, no image is ever called real.

    Sources have equal weight, except for a source so small that one of its groups would weigh more than a quarter of
    the error rate: its weight is reduced, otherwise one image would set the threshold.
    """
    real = scores.of_class(fake=False).cap_group_weight(_MAX_GROUP_SHARE * config.false_positive_rate)
    fake = scores.of_class(fake=True).cap_group_weight(_MAX_GROUP_SHARE * config.false_negative_rate)
    above = conformal_quantile(real, config.false_positive_rate)
    negated = replace(fake, logits=-fake.logits)
    below = -conformal_quantile(negated, config.false_negative_rate) if config.false_negative_rate else -np.inf
    if below > above:
        below = above = (below + above) / 2
    beyond = real.logits > above
    tail = float(np.average(real.logits[beyond] - above, weights=real.weights[beyond])) if beyond.any() else 1.0
    thresholds = Thresholds(sigmoid(below), sigmoid(above))
    return DecisionRule(thresholds, config.false_positive_rate, config.false_negative_rate, max(tail, 0.05))


def conformal_quantile(scores: CalibrationScores, rate: float) -> float:
    """The smallest logit that a score of a new group exceeds with probability at most `rate`.

    The new group is counted with the weight of the heaviest group and as exceeding all others. The largest logit is
    returned if that weight is too large for a guarantee.
    """
    order = np.argsort(scores.logits, kind="stable")
    below = np.cumsum(scores.weights[order])
    place = int(np.searchsorted(below, (1.0 - rate) * (below[-1] + scores.max_group_weight) * (1.0 - 1e-12)))
    return float(scores.logits[order][min(place, len(order) - 1)])


def is_guaranteed(scores: CalibrationScores, rate: float, *, fake: bool) -> bool:
    """Whether the calibration split has enough independent images of a class to guarantee an error rate."""
    part = scores.of_class(fake=fake).cap_group_weight(_MAX_GROUP_SHARE * rate)
    return bool(part.max_group_weight <= rate * (part.weights.sum() + part.max_group_weight) * (1.0 + 1e-12))


def unmet_guarantees(scores: CalibrationScores, config: CalibrationConfig) -> Iterator[str]:
    """Sentences for the card about error rates that the calibration split is too small to guarantee."""
    rates = (("real", "highest", config.false_positive_rate), ("fake", "lowest", config.false_negative_rate))
    for name, extreme, rate in rates:
        if rate and not is_guaranteed(scores, rate, fake=name == "fake"):
            yield (
                f"The calibration split has too few independent {name} pictures to guarantee that at most {rate:.1%} "
                f"of them are misjudged: the threshold is the {extreme} of their scores."
            )


def withhold_unmet(
    rule: DecisionRule, scores: CalibrationScores, config: CalibrationConfig
) -> tuple[DecisionRule, tuple[str, ...]]:
    """The decision rule without the labels whose error rate cannot be guaranteed, and sentences for the card.

    A threshold without guarantee moves to the end of the scale, where no score passes it: the verdict is `unsure`.
    """
    below, above, sentences = rule.thresholds.real_below, rule.thresholds.fake_above, []
    for fake, rate in ((False, config.false_positive_rate), (True, config.false_negative_rate)):
        if not rate or is_guaranteed(scores, rate, fake=fake):
            continue
        below, above = (sigmoid(-np.inf), above) if fake else (below, sigmoid(np.inf))
        name, label = ("fake", "real") if fake else ("real", "fake")
        groups, needed = len(np.unique(scores.of_class(fake=fake).groups)), ceil(1 / rate - 1e-9) - 1
        sentences.append(
            f"The model never labels a picture {label}: its calibration split has {groups} independent {name} "
            f"pictures, and {needed} of equal weight are needed to guarantee that at most {rate:.1%} of them are "
            f"misjudged. Add {name} pictures to get the label {label}."
        )
    return replace(rule, thresholds=Thresholds(below, above)), tuple(sentences)
