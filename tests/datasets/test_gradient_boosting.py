from __future__ import annotations

import numpy as np

from unmask.datasets.auc import auc_interval, placements
from unmask.datasets.gradient_boosting import BoostedStumps


def test_stumps_learn_an_interval() -> None:
    rng = np.random.default_rng(0)
    table = rng.random((600, 2))
    labels = ((table[:, 0] > 0.3) & (table[:, 0] < 0.6)).astype(int)
    scores = BoostedStumps.fit(table[:400], labels[:400]).score(table[400:])
    assert auc_interval(labels[400:], placements(labels[400:], scores), np.arange(200)).value > 0.97
