from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from tests.evaluation.conftest import ConstantDetector
from tests.evaluation.samples import sample, tied_scores
from unmask.datasets import Dataset
from unmask.datasets.auc import auc_interval, placements
from unmask.errors import UsageError
from unmask.evaluation import compare
from unmask.evaluation.bootstrap import metrics_with_intervals
from unmask.evaluation.comparison import delong
from unmask.evaluation.inference import Predictor, predict_dataset


def test_a_model_does_not_differ_from_itself(redness: Predictor, reds: Dataset) -> None:
    predictions = predict_dataset(redness, reds)
    comparison = compare(predictions, predictions)
    assert comparison.p_value == 1.0
    assert all(difference.winner is None for difference in comparison.differences)


def test_the_better_model_wins(redness: Predictor, guesser: Predictor, reds: Dataset) -> None:
    comparison = compare(predict_dataset(guesser, reds), predict_dataset(redness, reds))
    by_name = {difference.name: difference for difference in comparison.differences}
    assert comparison.p_value < 0.05
    assert by_name["auc"].winner == by_name["brier"].winner == "second"
    back = compare(predict_dataset(redness, reds), predict_dataset(guesser, reds))
    assert {difference.name: difference.winner for difference in back.differences}["brier"] == "first"


@pytest.mark.parametrize(("count", "winner"), [(1, None), (6, None), (20, "first")])
def test_few_pictures_that_all_change_are_not_significant(reds: Dataset, count: int, winner: str | None) -> None:
    real = reds.where(label="real").take(range(count))
    milder, stricter = (predict_dataset(ConstantDetector(score=score), real) for score in (0.1, 0.95))
    gap = next(each for each in compare(milder, stricter).differences if each.name == "false_alarms")
    assert gap.gap.value == 1.0
    assert gap.winner == winner


def test_only_the_same_pictures_are_compared(redness: Predictor, reds: Dataset) -> None:
    with pytest.raises(UsageError):
        compare(predict_dataset(redness, reds), predict_dataset(redness, reds.where(source="small")))


def test_delong_is_not_significant_with_one_group_or_a_few_pictures() -> None:
    rng = np.random.default_rng(10)
    labels, scores = np.arange(100) % 2, rng.random(100)
    better = scores + 0.3 * labels
    assert math.isnan(delong(labels, scores, better, np.zeros(100, int)))
    assert delong(labels, scores, better, np.arange(100)) < 0.01
    for count, significant in ((3, False), (8, True)):
        truth, groups = np.array([0] * count + [1] * count), np.arange(2 * count)
        gaps = [sample(truth.tolist(), [score] * count + [0.9] * count) for score in (0.1, 0.95)]
        assert (delong(truth, gaps[0].scores, gaps[1].scores, groups) < 0.05) == significant


@pytest.mark.parametrize("seed", range(8))
def test_delong_agrees_with_its_formula(seed: int) -> None:
    """The variance is that of the structural components; with whole groups, N - 1 replaces the class sizes minus 1."""
    labels, first = tied_scores(seed)
    rng = np.random.default_rng(seed)
    second = (first + rng.normal(0, 0.2, len(first))).round(2)
    fake, real = labels == 1, labels == 0
    wins = [np.sign(scores[fake][:, None] - scores[real][None]) / 2 + 0.5 for scores in (first, second)]
    gap = wins[1].mean() - wins[0].mean()
    by_fake, by_real = (np.cov(*(each.mean(axis=axis) for each in wins), ddof=0) for axis in (1, 0))
    covariance = by_fake / fake.sum() + by_real / real.sum()
    variance = (covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]) * len(labels) / (len(labels) - 1)
    expected = 2 * norm.sf(abs(gap) / np.sqrt(variance))
    assert delong(labels, first, second, np.arange(len(labels))) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_delong_interval_agrees_with_the_bootstrap(seed: int) -> None:
    labels, scores = tied_scores(seed)
    interval = auc_interval(labels, placements(labels, scores), np.arange(len(labels)))
    found = metrics_with_intervals(sample(labels.tolist(), scores.tolist()), np.arange(len(labels)), rounds=2000)["auc"]
    assert interval.value == pytest.approx(found.value)
    assert interval.low == pytest.approx(found.low, abs=0.01)
    assert interval.high == pytest.approx(found.high, abs=0.01)
