from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from unmask.datasets.auc import auc_interval, placements
from unmask.datasets.gradient_boosting import BoostedStumps


def test_stumps_learn_an_interval() -> None:
    rng = np.random.default_rng(0)
    table = rng.random((600, 2))
    labels = ((table[:, 0] > 0.3) & (table[:, 0] < 0.6)).astype(int)
    scores = BoostedStumps.fit(table[:400], labels[:400]).score(table[400:])
    assert auc_interval(labels[400:], placements(labels[400:], scores), np.arange(200)).value > 0.97


@pytest.mark.parametrize("seed", range(3))
def test_stumps_rank_as_well_as_those_of_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(900, 4))
    labels = (rng.random(900) < 1 / (1 + np.exp(-(table[:, 0] + np.abs(table[:, 1]) - 1)))).astype(int)
    ours = BoostedStumps.fit(table[:600], labels[:600]).score(table[600:])
    reference = GradientBoostingClassifier(max_depth=1, n_estimators=40, learning_rate=0.3, random_state=0)
    theirs = reference.fit(table[:600], labels[:600]).decision_function(table[600:])
    assert roc_auc_score(labels[600:], ours) == pytest.approx(roc_auc_score(labels[600:], theirs), abs=0.03)
