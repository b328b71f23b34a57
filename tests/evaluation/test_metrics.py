"""Metrics against definitions written out in full, and against what must hold for any scores."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unmask.datasets.auc import auc_interval, placements
from unmask.evaluation.bootstrap import bootstrap_weights, metrics_with_intervals
from unmask.evaluation.comparison import delong
from unmask.evaluation.metrics import Sample, compute_metrics, confusion
from unmask.evaluation.risk_coverage import risk_coverage


def sample(labels: list[int], probability: list[float], low: float = 0.2, high: float = 0.8) -> Sample:
    values = np.array(probability, float)
    decision = np.select([values > high, values < low], [1, 0], -1)
    return Sample(np.array(labels), values, decision)


def point(given: Sample) -> dict[str, float]:
    return {name: float(value[0]) for name, value in compute_metrics(given).items()}


def auc_by_pairs(labels: list[int], scores: list[float]) -> float:
    pairs = [
        (f, r) for f, a in zip(scores, labels, strict=True) if a for r, b in zip(scores, labels, strict=True) if not b
    ]
    return sum((f > r) + (f == r) / 2 for f, r in pairs) / len(pairs)


SCORES = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from([0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99])), min_size=4, max_size=60
).filter(lambda rows: {label for label, _ in rows} == {0, 1})


@given(SCORES)
@settings(max_examples=60, deadline=None)
def test_auc_is_the_share_of_pairs_ranked_rightly(rows: list[tuple[int, float]]) -> None:
    labels, scores = map(list, zip(*rows, strict=True))
    expected = auc_by_pairs(labels, scores)
    assert point(sample(labels, scores))["auc"] == pytest.approx(expected)
    placed = placements(np.array(labels), np.array(scores))
    assert auc_interval(np.array(labels), placed, np.arange(len(labels))).value == pytest.approx(expected)


@given(SCORES)
@settings(max_examples=60, deadline=None)
def test_swapping_the_classes_changes_no_meaning(rows: list[tuple[int, float]]) -> None:
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


def test_what_cannot_be_judged_is_wrong_uncovered_and_never_dropped() -> None:
    whole = point(sample([1, 0, 1, 0], [0.99, 0.01, math.nan, math.nan]))
    assert whole["accuracy"] == 0.5
    assert whole["recall_real"] == whole["recall_fake"] == 0.5
    assert whole["precision_fake"] == 1.0
    assert whole["coverage"] == 0.5
    assert whole["sure_accuracy"] == 1.0
    assert whole["auc"] == pytest.approx(3.5 / 4)
    assert whole["brier"] == pytest.approx((2 * 0.0001 + 2 * 0.25) / 4)


def test_one_class_alone_has_no_ranking() -> None:
    got = point(sample([0, 0, 0], [0.1, 0.9, 0.5]))
    for name in ("auc", "average_precision", "eer", "tpr_at_1pct_fpr", "recall_fake", "misses", "balanced_accuracy"):
        assert math.isnan(got[name]), name
    assert got["false_alarms"] == pytest.approx(1 / 3)
    assert got["accuracy"] == pytest.approx(1 / 3)


def test_nothing_judged_at_all() -> None:
    got = point(sample([0, 1], [math.nan, math.nan]))
    assert got["accuracy"] == got["coverage"] == 0
    assert got["auc"] == 0.5
    assert math.isnan(got["ece"])
    assert math.isnan(got["sure_accuracy"])


def test_calibration_error_is_small_only_for_calibrated_scores() -> None:
    rng = np.random.default_rng(1)
    probability = rng.random(20000)
    labels = (rng.random(20000) < probability).astype(int).tolist()
    assert point(sample(labels, probability.tolist()))["ece"] < 0.02
    assert point(sample(labels, (probability**3).tolist()))["ece"] > 0.15


@pytest.mark.parametrize("seed", range(12))
def test_the_interval_of_the_calibration_error_holds_its_own_value(seed: int) -> None:
    """However few pictures or witnesses there are."""
    rng = np.random.default_rng(seed)
    for count in (1, 2, 3, 7, 30):
        probability = rng.choice([0.001, 0.02, 0.5, 0.9, 0.999], count)
        labels = rng.integers(0, 2, count) if seed % 2 else (probability > 0.5).astype(int)
        groups = np.arange(count) if seed % 3 else np.zeros(count, int)
        error = metrics_with_intervals(sample(labels.tolist(), probability.tolist()), groups, rounds=200)["ece"]
        assert 0 <= error.low <= error.value <= error.high


@pytest.mark.parametrize(("power", "error"), [(1.0, 0.0), (3.0, 0.1875)])
def test_the_interval_of_the_calibration_error_covers_the_truth(power: float, error: float) -> None:
    """Chance alone gives 100 calibrated pictures an error of about 0.1; the interval must not take that for real."""
    rng, covered = np.random.default_rng(4), 0
    for _ in range(60):
        probability = rng.beta(0.5, 0.5, 100).clip(1e-3, 1 - 1e-3)
        labels = (rng.random(100) < probability**power).astype(int)
        found = metrics_with_intervals(sample(labels.tolist(), probability.tolist()), np.arange(100), rounds=200)["ece"]
        covered += found.low <= error + 0.005 and found.high >= error
    assert covered >= 54


def test_weights_count_pictures_as_often_as_they_say() -> None:
    rng = np.random.default_rng(2)
    given = sample(rng.integers(0, 2, 80).tolist(), rng.random(80).round(2).tolist())
    weights = rng.integers(0, 4, (1, 80))
    repeated = Sample(*(np.repeat(array, weights[0]) for array in (given.labels, given.probability, given.decision)))
    one, other = compute_metrics(given, weights.astype(float)), point(repeated)
    for name, value in one.items():
        if name != "ece":
            assert value[0] == pytest.approx(other[name]), name
    assert one["ece"][0] == pytest.approx(other["ece"], abs=0.05)


def test_intervals_are_wider_where_pictures_come_in_groups() -> None:
    rng = np.random.default_rng(3)
    skill = np.repeat(rng.normal(size=60), 10)
    labels = np.tile([0, 1], 300)
    scores = 1 / (1 + np.exp(-(skill * (2 * labels - 1) + rng.normal(size=600) * 0.1 + labels)))
    given = sample(labels.tolist(), scores.tolist())
    alone = metrics_with_intervals(given, np.arange(600), rounds=300)["accuracy"]
    grouped = metrics_with_intervals(given, np.repeat(np.arange(60), 10), rounds=300)["accuracy"]
    assert alone.value == grouped.value
    assert grouped.high - grouped.low > 1.8 * (alone.high - alone.low)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(4)
    held = 0
    for _ in range(60):
        labels = np.tile([0, 1], 100)
        scores = 1 / (1 + np.exp(-(rng.normal(size=200) + labels * 1.0)))
        interval = metrics_with_intervals(sample(labels.tolist(), scores.tolist()), np.arange(200), rounds=200)["auc"]
        held += interval.low <= 0.7602 <= interval.high
    assert held >= 50


def test_resampling_draws_whole_groups() -> None:
    groups = np.array([5, 5, 9, 9, 9, 7])
    for weights in bootstrap_weights(groups, rounds=50, seed=1):
        assert (weights[:, 0] == weights[:, 1]).all()
        assert (weights[:, 2] == weights[:, 4]).all()
        assert (weights[:, [0, 2, 5]].sum(axis=1) == 3).all()


def test_confusion_names_its_axes() -> None:
    assert confusion(sample([1, 0, 0, 1], [0.9, 0.9, 0.1, math.nan])) == {
        "real": {"real": 1, "fake": 1, "not_judged": 0},
        "fake": {"real": 0, "fake": 1, "not_judged": 1},
    }


def test_risk_falls_with_certainty() -> None:
    coverage, risk = risk_coverage(np.array([1, 0, 0, 1]), np.array([0.99, 0.02, 0.6, math.nan]))
    assert coverage.tolist() == [[0.25, 0.5, 0.75, 1.0]]
    assert risk[0].tolist() == pytest.approx([0, 0, 1 / 3, 0.5])


def test_risk_over_all_coverages_by_hand() -> None:
    # Right, wrong, right, wrong from the most certain on: risks 0, 1/2, 1/3, 1/2.
    assert point(sample([1, 1, 0, 0], [0.99, 0.05, 0.1, 0.7]))["aurc"] == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)
    # The two in the middle are equally certain, so answered together, whatever their order: 0, 1/3, 1/3, 1/2.
    tied = [point(sample(labels, [0.99, 0.125, 0.875, 0.7]))["aurc"] for labels in ([1, 0, 0, 0], [1, 1, 1, 0])]
    assert tied == pytest.approx([(0 + 1 / 3 + 1 / 3 + 1 / 2) / 4] * 2)


def test_equal_scores_are_calibrated_together_whatever_their_order() -> None:
    labels = [0] * 300 + [1] * 300
    assert point(sample(labels, [0.5] * 600))["ece"] == 0.0
    rng = np.random.default_rng(8)
    probability = rng.random(600).round(1)
    truth = (rng.random(600) < probability).astype(int)
    order = np.argsort(truth, kind="stable")
    one, other = (
        point(sample(truth[way].tolist(), probability[way].tolist()))["ece"] for way in (np.arange(600), order)
    )
    assert one == pytest.approx(other)
    assert one < 0.06


@pytest.mark.parametrize("count", [24, 28, 50, 161])
def test_a_perfect_score_is_no_certainty(count: int) -> None:
    """Each figure gets the exact limit of its witnesses, and no rounding hides that it is at the edge."""
    labels = [0] * count + [1] * count
    found = metrics_with_intervals(sample(labels, [0.1] * count + [0.9] * count), np.arange(2 * count), rounds=50)
    few, all_of_them = (0.025 ** (1 / n_groups) for n_groups in (count, 2 * count))
    for name in ("auc", "average_precision", "tpr_at_1pct_fpr", "balanced_accuracy", "f1_real", "recall_fake"):
        assert found[name].to_list() == [1.0, round(few, 4), 1.0], name
    assert found["accuracy"].to_list() == [1.0, round(all_of_them, 4), 1.0]
    assert found["eer"].to_list() == [0.0, 0.0, round(1 - few, 4)]
    assert found["aurc"].to_list() == [0.0, 0.0, round(1 - all_of_them, 4)]


def test_the_class_with_fewer_witnesses_limits_what_needs_both() -> None:
    labels, groups = [0] * 40 + [1] * 400, np.array([*range(40), *[40] * 200, *[41] * 200])
    found = metrics_with_intervals(sample(labels, [0.1] * 40 + [0.9] * 400), groups, rounds=50)
    assert found["auc"].low == pytest.approx(0.025**0.5)
    assert found["false_alarms"].high == pytest.approx(1 - 0.025 ** (1 / 40))


def test_one_witness_leaves_everything_open() -> None:
    rng = np.random.default_rng(9)
    labels = [0, 1] * 50
    found = metrics_with_intervals(sample(labels, rng.random(100).tolist()), np.zeros(100, int), rounds=50)
    assert {(found[name].low, found[name].high) for name in ("auc", "accuracy", "brier", "false_alarms")} == {(0, 1)}


def test_two_models_are_not_told_apart_by_one_witness_or_a_few_flips() -> None:
    rng = np.random.default_rng(10)
    labels, scores = np.arange(100) % 2, rng.random(100)
    better = scores + 0.3 * labels
    assert math.isnan(delong(labels, scores, better, np.zeros(100, int)))
    assert delong(labels, scores, better, np.arange(100)) < 0.01
    for count, told in ((3, False), (8, True)):
        truth, groups = np.array([0] * count + [1] * count), np.arange(2 * count)
        gaps = [sample(truth.tolist(), [score] * count + [0.9] * count) for score in (0.1, 0.95)]
        assert (delong(truth, gaps[0].scores, gaps[1].scores, groups) < 0.05) == told
