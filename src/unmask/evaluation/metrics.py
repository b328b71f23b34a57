"""Every figure of an evaluation, from arrays, each with a named class.

All of them take weights `[R, N]`, one row per bootstrap round, and give `[R]`: a figure and its resamplings are
one computation. What they mean:

* A picture's `probability` is NaN where it could not be judged (no face, or a problem). It then counts as wrong in
  accuracy, recall and F1, as not covered, and as 0.5 in what ranks or squares (AUC, average precision, EER, TPR,
  Brier); calibration is of the judged alone. Nothing is dropped.
* Accuracy, precision, recall and AURC take `probability ≥ 0.5` as the answer `fake`; coverage, sure accuracy, false
  alarms and misses take the label the verdict gave.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 15
BIASED_UP = frozenset({"ece"})
"""Figures that chance alone makes larger, and resampling larger still."""

Floats = NDArray[np.float64]
Figures = dict[str, Floats]


@dataclass(frozen=True)
class Sample:
    """Judged pictures as arrays of equal length.

    Attributes:
        labels: `[N]`, 1 for fake, 0 for real.
        probability: `[N]`, `probability_fake`; NaN where the picture could not be judged.
        decision: `[N]`, 1 for the verdict `fake`, 0 for `real`, -1 for every other.
    """

    labels: NDArray[np.int64]
    probability: Floats
    decision: NDArray[np.int64]

    def take(self, chosen: NDArray[np.bool_]) -> Sample:
        """The pictures at which a mask `[N]` is true."""
        return Sample(self.labels[chosen], self.probability[chosen], self.decision[chosen])

    @property
    def scores(self) -> Floats:
        """What pictures are ranked by, `[N]`: the probability, 0.5 where there is none."""
        return np.where(np.isnan(self.probability), 0.5, self.probability)


def figures(sample: Sample, weights: Floats | None = None) -> Figures:
    """Every figure there is.

    Args:
        sample: N judged pictures.
        weights: `[R, N]`, how often each picture counts; once each where left out.

    Returns:
        Name to `[R]`; NaN where a figure has no meaning, such as the AUC of one class alone.
    """
    rounds = np.ones((1, len(sample.labels))) if weights is None else weights
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            **_ranking(sample, rounds),
            **_answers(sample, rounds),
            **_decisions(sample, rounds),
            "ece": calibration_error(sample.labels, sample.probability, rounds),
            "brier": _share(rounds, (sample.scores - sample.labels) ** 2),
            "aurc": area_under_risk(sample, rounds),
        }


def denominators(sample: Sample, groups: NDArray[np.int64]) -> dict[str, NDArray[np.bool_]]:
    """The pictures that each figure rests on: figure to mask `[N]`.

    What needs both classes rests on the one with fewer witnesses, which are the `groups` `[N]`: ten frames are one.
    """
    real, fake, sure = sample.labels == 0, sample.labels == 1, sample.decision >= 0
    judged, answered_fake = ~np.isnan(sample.probability), sample.probability >= 0.5
    everything = np.ones(len(sample.labels), bool)
    rarer = real if len(np.unique(groups[real])) < len(np.unique(groups[fake])) else fake
    both = ("auc", "average_precision", "eer", "tpr_at_1pct_fpr", "balanced_accuracy", "f1_real", "f1_fake")
    return {
        **dict.fromkeys(both, rarer),
        **dict.fromkeys(("accuracy", "coverage", "brier", "aurc"), everything),
        **dict.fromkeys(("false_alarms", "recall_real"), real),
        **dict.fromkeys(("misses", "recall_fake"), fake),
        "ece": judged,
        "sure_accuracy": sure,
        "precision_fake": answered_fake,
        "precision_real": judged & ~answered_fake,
    }


@dataclass(frozen=True)
class Curve:
    """Counts at every threshold, from the strictest on.

    Attributes:
        thresholds: `[T]`, falling; a score at or above one is called fake.
        hits: `[R, T]`, weight of the fakes called fake.
        alarms: `[R, T]`, weight of the real pictures called fake.
    """

    thresholds: Floats
    hits: Floats
    alarms: Floats

    @classmethod
    def of(cls, labels: NDArray[np.int64], scores: Floats, weights: Floats) -> Curve:
        """Counts for labels `[N]`, scores `[N]` and weights `[R, N]`; equal scores share a threshold."""
        order = np.argsort(-scores, kind="stable")
        thresholds, starts = np.unique(-scores[order], return_index=True)
        ordered, fake = weights[:, order], labels[order] == 1
        return cls(
            -thresholds,
            np.add.reduceat(ordered * fake, starts, axis=1).cumsum(axis=1),
            np.add.reduceat(ordered * ~fake, starts, axis=1).cumsum(axis=1),
        )

    @property
    def hit_rate(self) -> Floats:
        """Share of the fakes called fake (true positive rate, recall of `fake`), `[R, T]`."""
        return self.hits / self.hits[:, -1:]

    @property
    def alarm_rate(self) -> Floats:
        """Share of the real pictures called fake (false positive rate), `[R, T]`."""
        return self.alarms / self.alarms[:, -1:]

    @property
    def precision(self) -> Floats:
        """Share of fakes among those called fake, `[R, T]`."""
        return self.hits / (self.hits + self.alarms)

    def auc(self) -> Floats:
        """Area under the ROC curve, `[R]`: the chance that a fake scores above a real picture, ties half."""
        steps = np.diff(self.alarms, axis=1, prepend=0.0)
        before = np.concatenate([np.zeros_like(self.hits[:, :1]), self.hits[:, :-1]], axis=1)
        pairs: Floats = (steps * (before + self.hits) / 2).sum(axis=1)
        return pairs / (self.hits[:, -1] * self.alarms[:, -1])

    def average_precision(self) -> Floats:
        """Precision averaged over the steps of recall, `[R]`."""
        gained = np.diff(self.hit_rate, axis=1, prepend=0.0)
        mean: Floats = np.where(gained > 0, gained * self.precision, 0.0).sum(axis=1)
        return np.where(self.hits[:, -1] * self.alarms[:, -1] > 0, mean, np.nan)

    def equal_error_rate(self) -> Floats:
        """Where as many real pictures are called fake as fakes are called real, `[R]`, between thresholds by a line."""
        alarms = np.pad(self.alarm_rate, ((0, 0), (1, 0)))
        gap = alarms - (1 - np.pad(self.hit_rate, ((0, 0), (1, 0))))
        after = np.maximum(np.argmax(gap >= 0, axis=1), 1)
        rows = np.arange(len(gap))
        low, high = gap[rows, after - 1], gap[rows, after]
        way = np.where(high > low, -low / (high - low), 0.0)
        rate: Floats = alarms[rows, after - 1] + way * (alarms[rows, after] - alarms[rows, after - 1])
        return np.where(np.isnan(gap[:, -1]), np.nan, rate)

    def hits_at(self, alarm_rate: float) -> Floats:
        """Share of the fakes found while at most this share of the real pictures is accused, `[R]`."""
        best: Floats = np.where(self.alarm_rate <= alarm_rate, self.hit_rate, 0.0).max(axis=1)
        return np.where(self.hits[:, -1] * self.alarms[:, -1] > 0, best, np.nan)


def _ranking(sample: Sample, weights: Floats) -> Figures:
    curve = Curve.of(sample.labels, sample.scores, weights)
    return {
        "auc": curve.auc(),
        "average_precision": curve.average_precision(),
        "eer": curve.equal_error_rate(),
        "tpr_at_1pct_fpr": curve.hits_at(0.01),
    }


def _answers(sample: Sample, weights: Floats) -> Figures:
    """Accuracy, and precision, recall and F1 of each class by name."""
    answer = np.where(np.isnan(sample.probability), -1, sample.probability >= 0.5)
    right = answer == sample.labels
    result: Figures = {"accuracy": _share(weights, right)}
    for number, name in enumerate(("real", "fake")):
        hits = weights @ (right & (sample.labels == number))
        precision, recall = hits / (weights @ (answer == number)), hits / (weights @ (sample.labels == number))
        result[f"precision_{name}"], result[f"recall_{name}"] = precision, recall
        result[f"f1_{name}"] = 2 * hits / (weights @ (answer == number) + weights @ (sample.labels == number))
    result["balanced_accuracy"] = (result["recall_real"] + result["recall_fake"]) / 2
    return result


def _decisions(sample: Sample, weights: Floats) -> Figures:
    """What the verdicts' labels are worth."""
    sure, real, fake = sample.decision >= 0, sample.labels == 0, sample.labels == 1
    right = sure & (sample.decision == sample.labels)
    return {
        "coverage": _share(weights, sure),
        "sure_accuracy": (weights @ right) / (weights @ sure),
        "false_alarms": (weights @ (real & (sample.decision == 1))) / (weights @ real),
        "misses": (weights @ (fake & (sample.decision == 0))) / (weights @ fake),
    }


def _share(weights: Floats, values: NDArray[np.bool_] | Floats) -> Floats:
    mean: Floats = (weights @ values) / weights.sum(axis=1)
    return mean


def reliability(labels: NDArray[np.int64], probability: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Fifteen bins of equal mass, from the least to the most suspicious pictures; equal ones share a bin.

    Args:
        labels: `[N]`, 1 for fake.
        probability: `[N]`; NaN is left out.
        weights: `[R, N]`.

    Returns:
        Mass, mean probability and share of fakes in each bin, each `[R, 15]`; NaN in empty bins.
    """
    order = np.argsort(probability, kind="stable")
    order = order[~np.isnan(probability[order])]
    ordered = weights[:, order]
    total = ordered.sum(axis=1, keepdims=True)
    _, starts, run = np.unique(probability[order], return_index=True, return_inverse=True)
    tied = np.add.reduceat(ordered, starts, axis=1)
    middle = (tied.cumsum(axis=1) - tied / 2) / np.maximum(total, 1e-12)
    place = np.minimum(middle * BINS, BINS - 1).astype(np.int64)[:, run]
    slots = (place + np.arange(len(weights))[:, None] * BINS).ravel()

    def binned(values: Floats) -> Floats:
        sums: Floats = np.asarray(np.bincount(slots, values.ravel(), len(weights) * BINS), np.float64)
        return sums.reshape(-1, BINS)

    mass = binned(ordered)
    with np.errstate(invalid="ignore", divide="ignore"):
        return mass / total, binned(ordered * probability[order]) / mass, binned(ordered * labels[order]) / mass


def calibration_error(labels: NDArray[np.int64], probability: Floats, weights: Floats) -> Floats:
    """Expected calibration error over 15 bins of equal mass (Naeini et al., AAAI 2015).

    Args:
        labels: `[N]`, 1 for fake.
        probability: `[N]`; NaN is left out.
        weights: `[R, N]`.

    Returns:
        `[R]`; NaN where nothing is judged.
    """
    mass, said, true = reliability(labels, probability, weights)
    error: Floats = np.where(mass > 0, mass * np.abs(said - true), 0.0).sum(axis=1)
    return np.where(np.isnan(mass[:, 0]), np.nan, error)


def risk_coverage(sample: Sample, weights: Floats | None = None) -> tuple[Floats, Floats]:
    """Share of wrong answers among the pictures answered, the most certain first; equally certain ones come together.

    R. El-Yaniv and Y. Wiener, "On the Foundations of Noise-free Selective Classification", JMLR 2010.

    Args:
        sample: N judged pictures; one that could not be judged comes last and is wrong.
        weights: `[R, N]`, how often each picture counts; once each where left out.

    Returns:
        Coverage and risk, each `[R, T]`, for the T distinct certainties.
    """
    rounds = np.ones((1, len(sample.labels))) if weights is None else weights
    certainty = np.where(np.isnan(sample.probability), -1.0, np.abs(sample.scores - 0.5))
    wrong = np.isnan(sample.probability) | ((sample.scores >= 0.5) != (sample.labels == 1))
    order = np.argsort(-certainty, kind="stable")
    _, starts = np.unique(-certainty[order], return_index=True)
    answered = np.add.reduceat(rounds[:, order], starts, axis=1).cumsum(axis=1)
    failed = np.add.reduceat((rounds * wrong)[:, order], starts, axis=1).cumsum(axis=1)
    return answered / answered[:, -1:], failed / np.maximum(answered, 1e-12)


def area_under_risk(sample: Sample, weights: Floats) -> Floats:
    """Risk averaged over all coverages, `[R]` (AURC; Y. Geifman et al., ICLR 2019); lower is better.

    Args:
        sample: N judged pictures.
        weights: `[R, N]`.
    """
    coverage, risk = risk_coverage(sample, weights)
    area: Floats = (np.diff(coverage, axis=1, prepend=0.0) * risk).sum(axis=1)
    return area


def confusion(sample: Sample) -> dict[str, dict[str, int]]:
    """How many pictures of each class got which answer at probability 0.5: true class to answer to count."""
    answers = np.where(np.isnan(sample.probability), 2, sample.probability >= 0.5).astype(np.int64)
    return {
        true: {
            answer: int(((sample.labels == row) & (answers == column)).sum())
            for column, answer in enumerate(("real", "fake", "not_judged"))
        }
        for row, true in enumerate(("real", "fake"))
    }
