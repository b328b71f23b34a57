"""Gradient boosting of decision stumps on the logistic loss (J. Friedman, Annals of Statistics 29, 2001)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BoostedStumps:
    """A weighted sum of decision stumps `feature > threshold`.

    Attributes:
        features, thresholds: column and threshold of each stump, `[Q]`.
        weights: score added where the stump is true, `[Q]`.
    """

    features: NDArray[np.int64]
    thresholds: Floats
    weights: Floats

    @classmethod
    def fit(cls, table: Floats, labels: NDArray[np.int64], *, rounds: int = 40, rate: float = 0.3) -> BoostedStumps:
        """Fits a classifier with balanced class weights.

        Args:
            table: `[N, F]`.
            labels: `[N]`, 0 or 1.
            rounds: number of boosting rounds; each adds one stump.
            rate: learning rate, as a share of the Newton step.
        """
        features, thresholds = _candidate_stumps(table)
        answers = (table[:, features] > thresholds).astype(np.float32)
        balance = (len(labels) / (2 * np.bincount(labels, minlength=2)))[labels]
        logits, weights = np.zeros(len(labels)), np.zeros(len(features))
        for _ in range(rounds if len(features) else 0):
            probability = 1 / (1 + np.exp(-logits))
            gradient, hessian = (labels - probability) * balance, probability * (1 - probability) * balance
            gradients, hessians = np.stack([gradient, hessian]).astype(np.float32) @ answers
            centered = gradients - gradient.sum() * hessians / hessian.sum()
            spread = hessians * (1 - hessians / hessian.sum())
            best = int(np.argmax(centered**2 / (spread + 1)))
            step = rate * float(centered[best] / (spread[best] + 1))
            weights[best] += step
            logits += step * (answers[:, best] - hessians[best] / hessian.sum())
        return cls(features, thresholds, weights)

    def score(self, table: Floats) -> Floats:
        """Scores `[N]` of `[N, F]`; larger for label 1."""
        return (table[:, self.features] > self.thresholds) @ self.weights


def _candidate_stumps(table: Floats, most: int = 16) -> tuple[NDArray[np.int64], Floats]:
    """Columns and thresholds of all candidate stumps: at most 16 thresholds per feature, at quantiles."""
    features, thresholds = [np.empty(0, np.int64)], [np.empty(0)]
    for feature in range(table.shape[1]):
        values = np.unique(table[:, feature])
        if len(values) > most + 1:
            values = np.unique(np.quantile(table[:, feature], np.linspace(0, 1, most + 2)))
        midpoints = (values[1:] + values[:-1]) / 2
        features.append(np.full(len(midpoints), feature))
        thresholds.append(midpoints)
    return np.concatenate(features), np.concatenate(thresholds)
