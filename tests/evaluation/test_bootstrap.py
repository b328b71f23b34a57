from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binomtest, bootstrap, rankdata

from tests.evaluation.samples import sample, tied_scores
from unmask.datasets.auc import Interval
from unmask.evaluation.bootstrap import bootstrap_weights, metrics_with_intervals, widen_small_n


@pytest.mark.parametrize("seed", range(12))
def test_calibration_error_lies_in_its_interval(seed: int) -> None:
    """However few pictures or groups there are."""
    rng = np.random.default_rng(seed)
    for count in (1, 2, 3, 7, 30):
        probability = rng.choice([0.001, 0.02, 0.5, 0.9, 0.999], count)
        labels = rng.integers(0, 2, count) if seed % 2 else (probability > 0.5).astype(int)
        groups = np.arange(count) if seed % 3 else np.zeros(count, int)
        error = metrics_with_intervals(sample(labels.tolist(), probability.tolist()), groups, rounds=200)["ece"]
        assert 0 <= error.low <= error.value <= error.high


@pytest.mark.parametrize(("power", "error"), [(1.0, 0.0), (3.0, 0.1875)])
def test_interval_covers_the_true_calibration_error(power: float, error: float) -> None:
    """Chance alone gives 100 calibrated pictures an error of about 0.1; the interval must not take that for real."""
    rng, covered = np.random.default_rng(4), 0
    for _ in range(60):
        probability = rng.beta(0.5, 0.5, 100).clip(1e-3, 1 - 1e-3)
        labels = (rng.random(100) < probability**power).astype(int)
        found = metrics_with_intervals(sample(labels.tolist(), probability.tolist()), np.arange(100), rounds=200)["ece"]
        covered += found.low <= error + 0.005 and found.high >= error
    assert covered >= 54


def test_intervals_are_wider_for_grouped_pictures() -> None:
    rng = np.random.default_rng(3)
    skill = np.repeat(rng.normal(size=60), 10)
    labels = np.tile([0, 1], 300)
    scores = 1 / (1 + np.exp(-(skill * (2 * labels - 1) + rng.normal(size=600) * 0.1 + labels)))
    given = sample(labels.tolist(), scores.tolist())
    alone = metrics_with_intervals(given, np.arange(600), rounds=300)["accuracy"]
    grouped = metrics_with_intervals(given, np.repeat(np.arange(60), 10), rounds=300)["accuracy"]
    assert alone.value == grouped.value
    assert grouped.high - grouped.low > 1.8 * (alone.high - alone.low)


def test_intervals_cover_the_true_auc() -> None:
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


@pytest.mark.parametrize("count", [24, 28, 50, 161])
def test_perfect_scores_get_the_exact_binomial_limit(count: int) -> None:
    """Each figure gets the exact limit of its groups, and no rounding hides that it is at the edge."""
    labels = [0] * count + [1] * count
    found = metrics_with_intervals(sample(labels, [0.1] * count + [0.9] * count), np.arange(2 * count), rounds=50)
    few, all_of_them = (0.025 ** (1 / n_groups) for n_groups in (count, 2 * count))
    for name in ("auc", "average_precision", "tpr_at_1pct_fpr", "balanced_accuracy", "f1_real", "recall_fake"):
        assert found[name].to_list() == [1.0, round(few, 4), 1.0], name
    assert found["accuracy"].to_list() == [1.0, round(all_of_them, 4), 1.0]
    assert found["eer"].to_list() == [0.0, 0.0, round(1 - few, 4)]
    assert found["aurc"].to_list() == [0.0, 0.0, round(1 - all_of_them, 4)]


def test_the_class_with_fewer_groups_limits_metrics_of_both() -> None:
    labels, groups = [0] * 40 + [1] * 400, np.array([*range(40), *[40] * 200, *[41] * 200])
    found = metrics_with_intervals(sample(labels, [0.1] * 40 + [0.9] * 400), groups, rounds=50)
    assert found["auc"].low == pytest.approx(0.025**0.5)
    assert found["false_alarms"].high == pytest.approx(1 - 0.025 ** (1 / 40))


def test_one_group_gives_the_interval_from_0_to_1() -> None:
    rng = np.random.default_rng(9)
    labels = [0, 1] * 50
    found = metrics_with_intervals(sample(labels, rng.random(100).tolist()), np.zeros(100, int), rounds=50)
    assert {(found[name].low, found[name].high) for name in ("auc", "accuracy", "brier", "false_alarms")} == {(0, 1)}


@pytest.mark.parametrize("seed", range(3))
def test_intervals_agree_with_scipy(seed: int) -> None:
    """SciPy resamples pictures; each picture is a group of its own."""
    labels, scores = tied_scores(seed, 300)
    data = sample(labels.tolist(), scores.tolist())
    found = metrics_with_intervals(data, np.arange(len(labels)), rounds=4000)
    measures = {
        "auc": lambda chosen: auc_by_ranks(labels[chosen], scores[chosen]),
        "accuracy": lambda chosen: ((scores[chosen] >= 0.5) == labels[chosen]).mean(),
        "brier": lambda chosen: ((scores[chosen] - labels[chosen]) ** 2).mean(),
    }
    for name, measure in measures.items():
        low, high = scipy_interval(len(labels), measure)
        assert found[name].low == pytest.approx(low, abs=0.006), name
        assert found[name].high == pytest.approx(high, abs=0.006), name


@pytest.mark.parametrize("seed", range(3))
def test_cluster_intervals_agree_with_scipy(seed: int) -> None:
    """SciPy resamples the indices of groups; the accuracy is computed from their pictures."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 12, 80)
    groups = np.repeat(np.arange(len(sizes)), sizes)
    skill = rng.normal(0.8, 1.0, len(sizes))[groups]
    labels = rng.integers(0, 2, len(groups))
    scores = 1 / (1 + np.exp(-(skill + 0.3 * rng.normal(size=len(groups))) * (2 * labels - 1)))
    found = metrics_with_intervals(sample(labels.tolist(), scores.tolist()), groups, rounds=4000)["accuracy"]
    correct = np.bincount(groups, (scores >= 0.5) == labels)
    low, high = scipy_interval(len(sizes), lambda chosen: correct[chosen].sum() / sizes[chosen].sum())
    assert found.low == pytest.approx(low, abs=0.01)
    assert found.high == pytest.approx(high, abs=0.01)


def auc_by_ranks(labels: NDArray[np.int64], scores: NDArray[np.float64]) -> float:
    fakes = int(labels.sum())
    return float((rankdata(scores)[labels == 1].sum() - fakes * (fakes + 1) / 2) / (fakes * (len(labels) - fakes)))


def scipy_interval(count: int, measure: Callable[[NDArray[np.int64]], float]) -> tuple[float, float]:
    """SciPy's percentile interval of a function of resampled indices."""
    found = bootstrap(
        (np.arange(count),), measure, n_resamples=4000, method="percentile", vectorized=False, random_state=1
    )
    return found.confidence_interval.low, found.confidence_interval.high


@pytest.mark.parametrize("count", [2, 5, 30, 400])
def test_limits_at_0_and_1_are_those_of_clopper_and_pearson(count: int) -> None:
    one, zero = (widen_small_n(Interval(value, value, value), count) for value in (1.0, 0.0))
    assert one.low == pytest.approx(binomtest(count, count).proportion_ci(method="exact").low)
    assert zero.high == pytest.approx(binomtest(0, count).proportion_ci(method="exact").high)
