from __future__ import annotations

import numpy as np
import pytest

from unmask.card import ModelCard
from unmask.errors import TrainingError
from unmask.training.config import CalibrationConfig
from unmask.training.export.calibration import (
    SLOPES,
    CalibrationScores,
    balanced_weights,
    calibrate,
    conformal_quantile,
    fit_platt,
    unmet_guarantees,
)
from unmask.verdict import Label


def simulate(count: int, slope: float, intercept: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Raw logits with a known calibration, and labels: two equally frequent Gaussian classes."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2 == 1
    true = rng.normal(np.where(labels, 2.0, -2.0), 2.0)  # the value is the log-likelihood ratio
    return (true - intercept) / slope, labels


def equal_weights(labels: np.ndarray) -> np.ndarray:
    return balanced_weights(labels, [""] * len(labels))


def scores_of(logits: np.ndarray, labels: np.ndarray, groups: np.ndarray | None = None) -> CalibrationScores:
    return CalibrationScores(
        logits, labels, equal_weights(labels), np.arange(len(labels)) if groups is None else groups
    )


def real_scores(
    values: np.ndarray, weights: np.ndarray | None = None, groups: np.ndarray | None = None
) -> CalibrationScores:
    count = len(values)
    given = np.ones(count) if weights is None else weights
    return CalibrationScores(values, np.zeros(count, bool), given, np.arange(count) if groups is None else groups)


def test_platt_finds_the_true_slope_and_intercept() -> None:
    logits, labels = simulate(40_000, 0.5, 1.5)
    slope, intercept = fit_platt(logits, labels, equal_weights(labels), with_intercept=True)
    assert slope == pytest.approx(0.5, rel=0.05)
    assert intercept == pytest.approx(1.5, abs=0.1)


def test_temperature_has_no_intercept() -> None:
    logits, labels = simulate(20_000, 2.0, 0.0)
    slope, intercept = fit_platt(logits, labels, equal_weights(labels), with_intercept=False)
    assert slope == pytest.approx(2.0, rel=0.05)
    assert intercept == 0.0


def test_unequal_class_sizes_do_not_shift_the_probabilities() -> None:
    logits, labels = simulate(40_000, 1.0, 0.0)
    keep = labels | (np.arange(len(labels)) % 20 == 0)
    _, intercept = fit_platt(logits[keep], labels[keep], equal_weights(labels[keep]), with_intercept=True)
    assert intercept == pytest.approx(0.0, abs=0.15)


def test_thresholds_keep_the_error_rates_on_new_scores() -> None:
    config = CalibrationConfig(false_positive_rate=0.01, false_negative_rate=0.05)
    logits, labels = simulate(40_000, 0.7, -1.0)
    calibration, decision = calibrate(scores_of(logits, labels), config)
    fresh, truth = simulate(40_000, 0.7, -1.0, seed=1)
    probability = np.array([calibration.probability(float(value)) for value in fresh])
    assert (probability[~truth] > decision.thresholds.fake_above).mean() == pytest.approx(0.01, abs=0.003)
    assert (probability[truth] < decision.thresholds.real_below).mean() == pytest.approx(0.05, abs=0.006)


def test_the_tail_predicts_lower_false_positive_rates() -> None:
    logits, labels = simulate(60_000, 1.0, 0.0)
    calibration, decision = calibrate(scores_of(logits, labels), CalibrationConfig())
    fresh, truth = simulate(200_000, 1.0, 0.0, seed=2)
    probability = np.array([calibration.probability(float(value)) for value in fresh[~truth]])
    wanted = 1 - 0.99 ** (1 / 10)
    corrected = np.array([decision.correct(float(value), 10) for value in probability])
    assert (corrected > decision.thresholds.fake_above).mean() < 2 * wanted


def test_an_untrained_network_gets_probabilities_near_one_half() -> None:
    logits, labels = simulate(2_000, 1.0, 0.0)
    calibration, decision = calibrate(scores_of(-logits, labels), CalibrationConfig())
    assert calibration.slope == SLOPES[0]
    assert 0.4 < calibration.probability(5.0) < 0.6
    shifted, _ = calibrate(scores_of(5.0 - logits, labels), CalibrationConfig())
    assert 0.4 < shifted.probability(5.0) < 0.6, "for any mean of the scores"
    assert decision.thresholds.real_below <= decision.thresholds.fake_above


def test_separable_scores_give_ordered_thresholds_below_certainty() -> None:
    labels = np.arange(40) % 2 == 1
    calibration, decision = calibrate(scores_of(np.where(labels, 5.0, -5.0), labels), CalibrationConfig())
    assert calibration.slope <= SLOPES[1]
    assert 0 < decision.thresholds.real_below <= decision.thresholds.fake_above < 1


def test_sources_have_equal_weight_within_a_class() -> None:
    labels = np.array([True] * 9 + [True] + [False] * 2)
    weights = balanced_weights(labels, ["a"] * 9 + ["b"] + ["a", "b"])
    assert weights.sum() == pytest.approx(1.0)
    assert weights[:9].sum() == pytest.approx(0.25)
    assert weights[9] == pytest.approx(0.25)


def test_the_quantile_is_the_smallest_guaranteed_value() -> None:
    values = np.arange(199.0)
    assert conformal_quantile(real_scores(values), 0.01) == 197.0
    assert conformal_quantile(real_scores(values), 0.05) == 189.0
    assert conformal_quantile(real_scores(values[:20]), 0.01) == 19.0, "too few values for a guarantee: the largest"
    assert conformal_quantile(real_scores(np.array([3.0, 1.0, 2.0]), np.array([8.0, 1.0, 1.0])), 0.5) == 3.0


def test_frames_of_one_video_form_one_group() -> None:
    """Ten frames of a video with equal scores have the quantile of one score for each video."""
    videos = np.arange(199.0)
    frames = real_scores(videos.repeat(10), groups=np.arange(199).repeat(10))
    assert conformal_quantile(frames, 0.01) == conformal_quantile(real_scores(videos), 0.01) == 197.0
    rng, missed = np.random.default_rng(5), []
    for _ in range(1500):
        scores = (rng.normal(size=(41, 1)) + 0.3 * rng.normal(size=(41, 10))).ravel()
        missed.append(
            (scores[400:] > conformal_quantile(real_scores(scores[:400], groups=np.arange(40).repeat(10)), 0.1)).mean()
        )
    assert np.mean(missed) < 0.105


def test_capped_weights_bring_the_rate_near_its_target() -> None:
    """A source of 40 images and one of 760, with the same distribution of scores."""
    rng = np.random.default_rng(2)
    weights = np.r_[np.full(40, 1 / 40), np.full(760, 1 / 760)]
    scores = real_scores(rng.normal(size=800), weights)
    capped = scores.cap_group_weight(0.0025)
    assert capped.weights.sum() == pytest.approx(weights.sum())
    assert capped.max_group_weight == pytest.approx(0.0025 * weights.sum())
    assert capped.weights[0] > capped.weights[-1]
    uncapped_rates, capped_rates = [], []
    for _ in range(400):
        scores = real_scores(rng.normal(size=800), weights)
        fresh = rng.normal(size=2000)
        uncapped_rates.append((fresh > conformal_quantile(scores, 0.01)).mean())
        capped_rates.append((fresh > conformal_quantile(scores.cap_group_weight(0.0025), 0.01)).mean())
    assert np.mean(uncapped_rates) < 0.003
    assert 0.006 < np.mean(capped_rates) < 0.01


def test_too_few_groups_to_cap_get_equal_weights() -> None:
    scores = real_scores(np.arange(4.0), np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 0, 1, 2]))
    assert scores.cap_group_weight(0.01).weights == pytest.approx([10 / 9, 20 / 9, 10 / 3, 10 / 3])


def test_the_card_lists_unmet_guarantees() -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(400) % 2 == 1
    many = scores_of(rng.normal(size=400), labels)
    assert not list(unmet_guarantees(many, CalibrationConfig()))
    few = scores_of(rng.normal(size=400), labels, np.arange(400) // 8)
    assert [line.split(" to guarantee")[0] for line in unmet_guarantees(few, CalibrationConfig())] == [
        "The calibration split has too few independent real pictures"
    ]


def test_a_false_negative_rate_of_zero_never_gives_the_label_real() -> None:
    logits, labels = simulate(4_000, 1.0, 0.0)
    config = CalibrationConfig(false_negative_rate=0.0)
    calibration, decision = calibrate(scores_of(logits, labels), config)
    lowest = calibration.probability(-1e6)
    assert lowest == 0.5
    assert decision.correct(lowest, 9) == lowest
    assert decision.thresholds.label(lowest) is Label.UNSURE
    labels_given = [decision.thresholds.label(calibration.probability(float(value))) for value in logits]
    assert set(labels_given) == {Label.FAKE, Label.UNSURE}
    two_sided = calibrate(scores_of(logits, labels), CalibrationConfig())[1]
    assert decision.thresholds.fake_above == two_sided.thresholds.fake_above
    assert list(unmet_guarantees(scores_of(logits[:60], labels[:60]), config)) == [
        line for line in unmet_guarantees(scores_of(logits[:60], labels[:60]), CalibrationConfig()) if " real " in line
    ]
    card = ModelCard("one-sided", "1.0", decision=decision)
    assert ModelCard.from_json(card.to_json()).decision == decision


def test_a_new_value_exceeds_the_quantile_at_the_stated_rate() -> None:
    rng = np.random.default_rng(3)
    draws = rng.exponential(size=(20_000, 60))
    exceeded = np.mean([row[-1] > conformal_quantile(real_scores(row[:-1]), 0.1) for row in draws])
    assert exceeded == pytest.approx(0.1, abs=0.007), "sixty values: exactly a tenth, except for chance"


def test_bad_scores_are_errors() -> None:
    labels = np.arange(10) % 2 == 1
    with pytest.raises(TrainingError, match="both classes"):
        calibrate(real_scores(np.ones(10)), CalibrationConfig())
    with pytest.raises(TrainingError, match="not finite"):
        calibrate(scores_of(np.full(10, np.nan), labels), CalibrationConfig())
