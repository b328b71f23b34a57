"""A small classifier for tables: stumps boosted on the logistic loss (J. Friedman, Annals of Statistics 29, 2001)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stumps:
    """A sum of yes-or-no questions `feature > threshold`.

    Attributes:
        features, thresholds: the questions asked, `[Q]`.
        steps: what each says for yes, `[Q]`; for no it says nothing.
    """

    features: NDArray[np.int64]
    thresholds: Floats
    steps: Floats

    @classmethod
    def fit(cls, table: Floats, labels: NDArray[np.int64], *, rounds: int = 40, rate: float = 0.3) -> Stumps:
        """Learn to tell the labels apart.

        Args:
            table: `[N, F]`.
            labels: `[N]`, 0 or 1.
            rounds: number of stumps.
            rate: how much of each Newton step is taken.
        """
        features, thresholds = _questions(table)
        answers = (table[:, features] > thresholds).astype(np.float32)
        balance = (len(labels) / (2 * np.bincount(labels, minlength=2)))[labels]
        logits, steps = np.zeros(len(labels)), np.zeros(len(features))
        for _ in range(rounds if len(features) else 0):
            chance = 1 / (1 + np.exp(-logits))
            slope, bend = (labels - chance) * balance, chance * (1 - chance) * balance
            pull, mass = np.stack([slope, bend]).astype(np.float32) @ answers
            centred = pull - slope.sum() * mass / bend.sum()
            spread = mass * (1 - mass / bend.sum())
            best = int(np.argmax(centred**2 / (spread + 1)))
            step = rate * float(centred[best] / (spread[best] + 1))
            steps[best] += step
            logits += step * (answers[:, best] - mass[best] / bend.sum())
        return cls(features, thresholds, steps)

    def score(self, table: Floats) -> Floats:
        """`[N]` scores for `[N, F]`, larger for label 1."""
        return (table[:, self.features] > self.thresholds) @ self.steps


def _questions(table: Floats, most: int = 16) -> tuple[NDArray[np.int64], Floats]:
    """Thresholds between the values of each feature, at most 16 of them, at quantiles."""
    features, thresholds = [np.empty(0, np.int64)], [np.empty(0)]
    for feature in range(table.shape[1]):
        values = np.unique(table[:, feature])
        if len(values) > most + 1:
            values = np.unique(np.quantile(table[:, feature], np.linspace(0, 1, most + 2)))
        middles = (values[1:] + values[:-1]) / 2
        features.append(np.full(len(middles), feature))
        thresholds.append(middles)
    return np.concatenate(features), np.concatenate(thresholds)
