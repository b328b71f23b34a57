from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.optimize import brentq
from scipy.stats import mannwhitneyu
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from tests.evaluation.samples import SCORES, point, sample, tied_scores
from unmask.datasets.auc import auc_interval, placements
from unmask.evaluation.roc import RocCurve


def auc_by_pairs(labels: list[int], scores: list[float]) -> float:
    pairs = [
        (f, r) for f, a in zip(scores, labels, strict=True) if a for r, b in zip(scores, labels, strict=True) if not b
    ]
    return sum((f > r) + (f == r) / 2 for f, r in pairs) / len(pairs)


@given(SCORES)
@settings(max_examples=60, deadline=None)
def test_auc_is_the_share_of_correctly_ranked_pairs(rows: list[tuple[int, float]]) -> None:
    labels, scores = map(list, zip(*rows, strict=True))
    expected = auc_by_pairs(labels, scores)
    assert point(sample(labels, scores))["auc"] == pytest.approx(expected)
    placed = placements(np.array(labels), np.array(scores))
    assert auc_interval(np.array(labels), placed, np.arange(len(labels))).value == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(8))
def test_curve_agrees_with_scikit_learn(seed: int) -> None:
    """With ties and with weights."""
    labels, scores = tied_scores(seed)
    weights = np.random.default_rng(seed).integers(1, 4, len(labels)).astype(float)
    for each in (np.ones(len(labels)), weights):
        curve = RocCurve.of(labels, scores, each[None])
        assert curve.auc()[0] == pytest.approx(roc_auc_score(labels, scores, sample_weight=each))
        precision = average_precision_score(labels, scores, sample_weight=each)
        assert curve.average_precision()[0] == pytest.approx(precision)
        fpr, tpr, thresholds = roc_curve(labels, scores, sample_weight=each, drop_intermediate=False)
        assert curve.thresholds == pytest.approx(thresholds[1:])
        assert curve.fpr[0] == pytest.approx(fpr[1:])
        assert curve.tpr[0] == pytest.approx(tpr[1:])
        assert curve.tpr_at_fpr(0.1)[0] == pytest.approx(tpr[fpr <= 0.1].max())
        rate = brentq(lambda x, fpr, tpr: np.interp(x, fpr, tpr) - (1 - x), 0, 1, args=(fpr, tpr))
        assert curve.equal_error_rate()[0] == pytest.approx(rate, abs=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_auc_is_the_mann_whitney_statistic(seed: int) -> None:
    labels, scores = tied_scores(seed)
    fakes, reals = scores[labels == 1], scores[labels == 0]
    expected = mannwhitneyu(fakes, reals).statistic / (len(fakes) * len(reals))
    placed = placements(labels, scores)
    assert RocCurve.of(labels, scores, np.ones((1, len(labels)))).auc()[0] == pytest.approx(expected)
    assert placed[labels == 1].mean() == pytest.approx(expected)
    assert placed[labels == 0].mean() == pytest.approx(expected)
