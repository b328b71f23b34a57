"""Metrics of an evaluation, from arrays.

Every function takes weights `[R, N]`, one row per bootstrap round, and returns `[R]`: a metric and its resamples are
one computation. Definitions:

* `probability` is NaN for an image without a prediction (no face, or an unreadable file). Such an image counts as wrong
  in accuracy, recall and F1, as not covered, and with score 0.5 in AUC, average precision, EER, TPR and Brier score. It
  is left out of the calibration error. No image is dropped otherwise.
* Accuracy, precision, recall and AURC use the threshold 0.5. Coverage, sure accuracy, false alarms and misses use the
  label of the verdict.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unmask.evaluation.reliability import calibration_error
from unmask.evaluation.risk_coverage import area_under_risk_coverage
from unmask.evaluation.roc import RocCurve

BIASED_UP = frozenset({"ece"})
"""Metrics that sampling noise increases; resampling increases them further."""

Floats = NDArray[np.float64]
MetricArrays = dict[str, Floats]


@dataclass(frozen=True)
class Sample:
    """Labels and predictions of N images.

    Attributes:
        labels: `[N]`, 1 for fake, 0 for real.
        probability: `[N]`, `probability_fake`; NaN if there is no prediction.
        decision: `[N]`, 1 for the label `fake`, 0 for `real`, -1 for any other.
    """

    labels: NDArray[np.int64]
    probability: Floats
    decision: NDArray[np.int64]

    def take(self, mask: NDArray[np.bool_]) -> Sample:
        """The images at which a mask `[N]` is true."""
        return Sample(self.labels[mask], self.probability[mask], self.decision[mask])

    @property
    def scores(self) -> Floats:
        """Ranking scores, `[N]`: the probability, or 0.5 without a prediction."""
        return np.where(np.isnan(self.probability), 0.5, self.probability)


def compute_metrics(sample: Sample, weights: Floats | None = None) -> MetricArrays:
    """All metrics.

    Args:
        sample: predictions of N images.
        weights: `[R, N]`, weight of each image in each round; None gives one round with weight 1.

    Returns:
        An array `[R]` for each metric; NaN if the metric is undefined, such as the AUC of one class.
    """
    rounds = np.ones((1, len(sample.labels))) if weights is None else weights
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            **_ranking(sample, rounds),
            **_classification(sample, rounds),
            **_decisions(sample, rounds),
            "ece": calibration_error(sample.labels, sample.probability, rounds),
            "brier": _mean(rounds, (sample.scores - sample.labels) ** 2),
            "aurc": area_under_risk_coverage(sample.labels, sample.probability, rounds),
        }


def denominators(sample: Sample, groups: NDArray[np.int64]) -> dict[str, NDArray[np.bool_]]:
    """The images that each metric rests on, as a mask `[N]`.

    A metric of both classes rests on the class with fewer groups.

    Args:
        sample: predictions of N images.
        groups: `[N]` group numbers.
    """
    real, fake, sure = sample.labels == 0, sample.labels == 1, sample.decision >= 0
    predicted, called_fake = ~np.isnan(sample.probability), sample.probability >= 0.5
    everything = np.ones(len(sample.labels), bool)
    rarer = real if len(np.unique(groups[real])) < len(np.unique(groups[fake])) else fake
    both = ("auc", "average_precision", "eer", "tpr_at_1pct_fpr", "balanced_accuracy", "f1_real", "f1_fake")
    return {
        **dict.fromkeys(both, rarer),
        **dict.fromkeys(("accuracy", "coverage", "brier", "aurc"), everything),
        **dict.fromkeys(("false_alarms", "recall_real"), real),
        **dict.fromkeys(("misses", "recall_fake"), fake),
        "ece": predicted,
        "sure_accuracy": sure,
        "precision_fake": called_fake,
        "precision_real": predicted & ~called_fake,
    }


def _ranking(sample: Sample, weights: Floats) -> MetricArrays:
    """Metrics of the order of the scores."""
    curve = RocCurve.of(sample.labels, sample.scores, weights)
    return {
        "auc": curve.auc(),
        "average_precision": curve.average_precision(),
        "eer": curve.equal_error_rate(),
        "tpr_at_1pct_fpr": curve.tpr_at_fpr(0.01),
    }


def _classification(sample: Sample, weights: Floats) -> MetricArrays:
    """Accuracy, and precision, recall and F1 of each class, at threshold 0.5."""
    predicted = np.where(np.isnan(sample.probability), -1, sample.probability >= 0.5)
    correct = predicted == sample.labels
    result: MetricArrays = {"accuracy": _mean(weights, correct)}
    for index, name in enumerate(("real", "fake")):
        true_positives = weights @ (correct & (sample.labels == index))
        positives, actual = weights @ (predicted == index), weights @ (sample.labels == index)
        result[f"precision_{name}"], result[f"recall_{name}"] = true_positives / positives, true_positives / actual
        result[f"f1_{name}"] = 2 * true_positives / (positives + actual)
    result["balanced_accuracy"] = (result["recall_real"] + result["recall_fake"]) / 2
    return result


def _decisions(sample: Sample, weights: Floats) -> MetricArrays:
    """Metrics of the labels of the verdicts."""
    sure, real, fake = sample.decision >= 0, sample.labels == 0, sample.labels == 1
    correct = sure & (sample.decision == sample.labels)
    return {
        "coverage": _mean(weights, sure),
        "sure_accuracy": (weights @ correct) / (weights @ sure),
        "false_alarms": (weights @ (real & (sample.decision == 1))) / (weights @ real),
        "misses": (weights @ (fake & (sample.decision == 0))) / (weights @ fake),
    }


def _mean(weights: Floats, values: NDArray[np.bool_] | Floats) -> Floats:
    """Weighted mean of values `[N]`, `[R]`."""
    mean: Floats = (weights @ values) / weights.sum(axis=1)
    return mean


def confusion(sample: Sample) -> dict[str, dict[str, int]]:
    """Confusion matrix at threshold 0.5: number of images by true class and predicted class."""
    predicted = np.where(np.isnan(sample.probability), 2, sample.probability >= 0.5).astype(np.int64)
    return {
        true: {
            name: int(((sample.labels == row) & (predicted == column)).sum())
            for column, name in enumerate(("real", "fake", "not_judged"))
        }
        for row, true in enumerate(("real", "fake"))
    }
