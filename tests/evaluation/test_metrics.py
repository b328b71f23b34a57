"""Metrics against definitions written out in full, and against what must hold for any scores."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    brier_score_loss,
    confusion_matrix,
    precision_recall_fscore_support,
)

from tests.evaluation.samples import SCORES, point, sample, tied_scores
from unmask.evaluation.metrics import Sample, compute_metrics, confusion


@given(SCORES)
@settings(max_examples=60, deadline=None)
def test_metrics_are_symmetric_in_the_classes(rows: list[tuple[int, float]]) -> None:
    labels, scores = map(list, zip(*rows, strict=True))
    scores = [0.4999 if score == 0.5 else score for score in scores]
    one = point(sample(labels, scores))
    other = point(sample([1 - label for label in labels], [1 - score for score in scores]))
    for name in ("auc", "accuracy", "balanced_accuracy", "brier", "coverage", "eer"):
        assert other[name] == pytest.approx(one[name]), name
    for metric in ("precision", "recall", "f1"):
        assert other[f"{metric}_real"] == pytest.approx(one[f"{metric}_fake"], nan_ok=True)
    assert other["false_alarms"] == pytest.approx(one["misses"])


def test_a_small_case_by_hand() -> None:
    got = point(sample([1, 1, 1, 1, 0, 0, 0, 0], [0.95, 0.9, 0.6, 0.1, 0.85, 0.4, 0.15, 0.05]))
    assert got["accuracy"] == 6 / 8
    assert got["precision_fake"] == 3 / 4
    assert got["recall_fake"] == 3 / 4
    assert got["f1_real"] == pytest.approx(0.75)
    assert got["coverage"] == 6 / 8
    assert got["sure_accuracy"] == 4 / 6
    assert got["false_alarms"] == 1 / 4
    assert got["misses"] == 1 / 4
    assert got["auc"] == 12 / 16
    assert got["average_precision"] == pytest.approx((1 + 1 + 3 / 4 + 4 / 7) / 4)
    assert got["tpr_at_1pct_fpr"] == 2 / 4
    assert got["eer"] == pytest.approx(1 / 4)


def test_pictures_without_a_score_count_as_wrong_and_uncovered() -> None:
    whole = point(sample([1, 0, 1, 0], [0.99, 0.01, math.nan, math.nan]))
    assert whole["accuracy"] == 0.5
    assert whole["recall_real"] == whole["recall_fake"] == 0.5
    assert whole["precision_fake"] == 1.0
    assert whole["coverage"] == 0.5
    assert whole["sure_accuracy"] == 1.0
    assert whole["auc"] == pytest.approx(3.5 / 4)
    assert whole["brier"] == pytest.approx((2 * 0.0001 + 2 * 0.25) / 4)


def test_ranking_metrics_of_one_class_are_undefined() -> None:
    got = point(sample([0, 0, 0], [0.1, 0.9, 0.5]))
    for name in ("auc", "average_precision", "eer", "tpr_at_1pct_fpr", "recall_fake", "misses", "balanced_accuracy"):
        assert math.isnan(got[name]), name
    assert got["false_alarms"] == pytest.approx(1 / 3)
    assert got["accuracy"] == pytest.approx(1 / 3)


def test_no_picture_has_a_score() -> None:
    got = point(sample([0, 1], [math.nan, math.nan]))
    assert got["accuracy"] == got["coverage"] == 0
    assert got["auc"] == 0.5
    assert math.isnan(got["ece"])
    assert math.isnan(got["sure_accuracy"])


def test_weights_equal_repetitions() -> None:
    rng = np.random.default_rng(2)
    given = sample(rng.integers(0, 2, 80).tolist(), rng.random(80).round(2).tolist())
    weights = rng.integers(0, 4, (1, 80))
    repeated = Sample(*(np.repeat(array, weights[0]) for array in (given.labels, given.probability, given.decision)))
    one, other = compute_metrics(given, weights.astype(float)), point(repeated)
    for name, value in one.items():
        if name != "ece":
            assert value[0] == pytest.approx(other[name]), name
    assert one["ece"][0] == pytest.approx(other["ece"], abs=0.05)


def test_confusion_matrix_names_its_axes() -> None:
    assert confusion(sample([1, 0, 0, 1], [0.9, 0.9, 0.1, math.nan])) == {
        "real": {"real": 1, "fake": 1, "not_judged": 0},
        "fake": {"real": 0, "fake": 1, "not_judged": 1},
    }


@pytest.mark.parametrize("seed", range(8))
def test_metrics_agree_with_scikit_learn(seed: int) -> None:
    labels, scores = tied_scores(seed)
    found = point(sample(labels.tolist(), scores.tolist()))
    predicted = (scores >= 0.5).astype(int)
    precision, recall, f1, _ = precision_recall_fscore_support(labels, predicted)
    for index, name in enumerate(("real", "fake")):
        assert found[f"precision_{name}"] == pytest.approx(precision[index])
        assert found[f"recall_{name}"] == pytest.approx(recall[index])
        assert found[f"f1_{name}"] == pytest.approx(f1[index])
    assert found["accuracy"] == pytest.approx(accuracy_score(labels, predicted))
    assert found["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(labels, predicted))
    assert found["brier"] == pytest.approx(brier_score_loss(labels, scores))
    table = confusion(sample(labels.tolist(), scores.tolist()))
    matrix = [[table[true][name] for name in ("real", "fake")] for true in ("real", "fake")]
    assert matrix == confusion_matrix(labels, predicted).tolist()
