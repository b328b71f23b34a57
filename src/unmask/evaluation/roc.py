"""ROC curve, and the metrics read from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RocCurve:
    """True and false positives at every threshold, for R sets of weights. The positive class is `fake`.

    Attributes:
        thresholds: `[T]`, decreasing; an image is called fake if its score is at least the threshold.
        true_positives: `[R, T]`, weight of the fakes called fake.
        false_positives: `[R, T]`, weight of the real images called fake.
    """

    thresholds: Floats
    true_positives: Floats
    false_positives: Floats

    @classmethod
    def of(cls, labels: NDArray[np.int64], scores: Floats, weights: Floats) -> RocCurve:
        """The curve of labels `[N]`, scores `[N]` and weights `[R, N]`; equal scores share one threshold."""
        order = np.argsort(-scores, kind="stable")
        thresholds, starts = np.unique(-scores[order], return_index=True)
        ordered, fake = weights[:, order], labels[order] == 1
        return cls(
            -thresholds,
            np.add.reduceat(ordered * fake, starts, axis=1).cumsum(axis=1),
            np.add.reduceat(ordered * ~fake, starts, axis=1).cumsum(axis=1),
        )

    @property
    def tpr(self) -> Floats:
        """True positive rate: share of the fakes called fake, `[R, T]`."""
        return self.true_positives / self.true_positives[:, -1:]

    @property
    def fpr(self) -> Floats:
        """False positive rate: share of the real images called fake, `[R, T]`."""
        return self.false_positives / self.false_positives[:, -1:]

    @property
    def precision(self) -> Floats:
        """Share of fakes among the images called fake, `[R, T]`."""
        return self.true_positives / (self.true_positives + self.false_positives)

    def auc(self) -> Floats:
        """Area under the curve, `[R]`: probability that a fake scores above a real image; ties count one half."""
        steps = np.diff(self.false_positives, axis=1, prepend=0.0)
        before = np.concatenate([np.zeros_like(self.true_positives[:, :1]), self.true_positives[:, :-1]], axis=1)
        pairs: Floats = (steps * (before + self.true_positives) / 2).sum(axis=1)
        return pairs / (self.true_positives[:, -1] * self.false_positives[:, -1])

    def average_precision(self) -> Floats:
        """Precision averaged over the steps of recall, `[R]`."""
        gained = np.diff(self.tpr, axis=1, prepend=0.0)
        mean: Floats = np.where(gained > 0, gained * self.precision, 0.0).sum(axis=1)
        return np.where(self.true_positives[:, -1] * self.false_positives[:, -1] > 0, mean, np.nan)

    def equal_error_rate(self) -> Floats:
        """Rate at which false positive rate and false negative rate are equal, `[R]`, by linear interpolation."""
        fpr = np.pad(self.fpr, ((0, 0), (1, 0)))
        gap = fpr - (1 - np.pad(self.tpr, ((0, 0), (1, 0))))
        after = np.maximum(np.argmax(gap >= 0, axis=1), 1)
        rows = np.arange(len(gap))
        low, high = gap[rows, after - 1], gap[rows, after]
        position = np.where(high > low, -low / (high - low), 0.0)
        rate: Floats = fpr[rows, after - 1] + position * (fpr[rows, after] - fpr[rows, after - 1])
        return np.where(np.isnan(gap[:, -1]), np.nan, rate)

    def tpr_at_fpr(self, fpr: float) -> Floats:
        """Largest true positive rate at a false positive rate of at most `fpr`, `[R]`."""
        best: Floats = np.where(self.fpr <= fpr, self.tpr, 0.0).max(axis=1)
        return np.where(self.true_positives[:, -1] * self.false_positives[:, -1] > 0, best, np.nan)
