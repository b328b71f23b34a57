from __future__ import annotations

import math

import numpy as np
import pytest

from tests.evaluation.conftest import ConstantDetector
from tests.evaluation.samples import sample
from unmask.datasets import Dataset
from unmask.errors import UsageError
from unmask.evaluation import compare
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
