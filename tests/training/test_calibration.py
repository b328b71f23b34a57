from __future__ import annotations

import numpy as np
import pytest

from unmask.card import ModelCard
from unmask.errors import TrainingError
from unmask.training.calibration import SLOPES, HeldOut, balanced_weights, bound, calibrate, fit_platt, not_promised
from unmask.training.recipe import Calibrating
from unmask.verdict import Label


def world(count: int, slope: float, intercept: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Raw logits whose true calibration is known: equal classes, Gaussian scores one unit of evidence apart."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2 == 1
    true = rng.normal(np.where(labels, 2.0, -2.0), 2.0)  # log-likelihood ratio of these Gaussians is the value itself
    return (true - intercept) / slope, labels


def even(labels: np.ndarray) -> np.ndarray:
    return balanced_weights(labels, [""] * len(labels))


def held_out(logits: np.ndarray, labels: np.ndarray, groups: np.ndarray | None = None) -> HeldOut:
    return HeldOut(logits, labels, even(labels), np.arange(len(labels)) if groups is None else groups)


def of_reals(values: np.ndarray, weights: np.ndarray | None = None, groups: np.ndarray | None = None) -> HeldOut:
    count = len(values)
    given = np.ones(count) if weights is None else weights
    return HeldOut(values, np.zeros(count, bool), given, np.arange(count) if groups is None else groups)


def test_platt_finds_the_true_slope_and_intercept() -> None:
    logits, labels = world(40_000, 0.5, 1.5)
    slope, intercept = fit_platt(logits, labels, even(labels), with_intercept=True)
    assert slope == pytest.approx(0.5, rel=0.05)
    assert intercept == pytest.approx(1.5, abs=0.1)


def test_temperature_has_no_intercept() -> None:
    logits, labels = world(20_000, 2.0, 0.0)
    slope, intercept = fit_platt(logits, labels, even(labels), with_intercept=False)
    assert slope == pytest.approx(2.0, rel=0.05)
    assert intercept == 0.0


def test_unequal_numbers_do_not_tilt_the_probabilities() -> None:
    logits, labels = world(40_000, 1.0, 0.0)
    keep = labels | (np.arange(len(labels)) % 20 == 0)
    _, intercept = fit_platt(logits[keep], labels[keep], even(labels[keep]), with_intercept=True)
    assert intercept == pytest.approx(0.0, abs=0.15)


def test_thresholds_hold_the_error_rates_on_fresh_scores() -> None:
    settings = Calibrating(false_positive_rate=0.01, false_negative_rate=0.05)
    logits, labels = world(40_000, 0.7, -1.0)
    calibration, decision = calibrate(held_out(logits, labels), settings)
    fresh, truth = world(40_000, 0.7, -1.0, seed=1)
    probability = np.array([calibration.probability(float(value)) for value in fresh])
    assert (probability[~truth] > decision.thresholds.fake_above).mean() == pytest.approx(0.01, abs=0.003)
    assert (probability[truth] < decision.thresholds.real_below).mean() == pytest.approx(0.05, abs=0.006)


def test_the_tail_predicts_rarer_false_alarms() -> None:
    logits, labels = world(60_000, 1.0, 0.0)
    calibration, decision = calibrate(held_out(logits, labels), Calibrating())
    fresh, truth = world(200_000, 1.0, 0.0, seed=2)
    probability = np.array([calibration.probability(float(value)) for value in fresh[~truth]])
    wanted = 1 - 0.99 ** (1 / 10)
    assert (probability > decision.for_faces(10).fake_above).mean() < 2 * wanted


def test_a_network_that_learnt_nothing_gets_probabilities_near_one_half() -> None:
    logits, labels = world(2_000, 1.0, 0.0)
    calibration, decision = calibrate(held_out(-logits, labels), Calibrating())
    assert calibration.slope == SLOPES[0]
    assert 0.4 < calibration.probability(5.0) < 0.6
    shifted, _ = calibrate(held_out(5.0 - logits, labels), Calibrating())
    assert 0.4 < shifted.probability(5.0) < 0.6, "whatever the scores are centred on"
    assert decision.thresholds.real_below <= decision.thresholds.fake_above


def test_separable_scores_give_no_certainty_and_uncrossed_thresholds() -> None:
    labels = np.arange(40) % 2 == 1
    calibration, decision = calibrate(held_out(np.where(labels, 5.0, -5.0), labels), Calibrating())
    assert calibration.slope <= SLOPES[1]
    assert 0 < decision.thresholds.real_below <= decision.thresholds.fake_above < 1


def test_sources_weigh_the_same_within_a_class() -> None:
    labels = np.array([True] * 9 + [True] + [False] * 2)
    weights = balanced_weights(labels, ["a"] * 9 + ["b"] + ["a", "b"])
    assert weights.sum() == pytest.approx(1.0)
    assert weights[:9].sum() == pytest.approx(0.25)
    assert weights[9] == pytest.approx(0.25)


def test_a_bound_is_the_smallest_value_that_can_be_promised() -> None:
    values = np.arange(199.0)
    assert bound(of_reals(values), 0.01) == 197.0
    assert bound(of_reals(values), 0.05) == 189.0
    assert bound(of_reals(values[:20]), 0.01) == 19.0, "too few values to promise anything: the largest"
    assert bound(of_reals(np.array([3.0, 1.0, 2.0]), np.array([8.0, 1.0, 1.0])), 0.5) == 3.0


def test_frames_of_a_clip_are_one_witness() -> None:
    """Clips of ten frames whose scores depend on the clip alone: the bound is that of one score for each."""
    clips = np.arange(199.0)
    frames = of_reals(clips.repeat(10), groups=np.arange(199).repeat(10))
    assert bound(frames, 0.01) == bound(of_reals(clips), 0.01) == 197.0
    rng, missed = np.random.default_rng(5), []
    for _ in range(1500):
        scores = (rng.normal(size=(41, 1)) + 0.3 * rng.normal(size=(41, 10))).ravel()
        missed.append((scores[400:] > bound(of_reals(scores[:400], groups=np.arange(40).repeat(10)), 0.1)).mean())
    assert np.mean(missed) < 0.105


def test_a_small_source_does_not_hold_the_rate_many_times_over() -> None:
    """Forty pictures of one source, 760 of another, alike but for their number: the rate wanted is about that held."""
    rng = np.random.default_rng(2)
    weights = np.r_[np.full(40, 1 / 40), np.full(760, 1 / 760)]
    scores = of_reals(rng.normal(size=800), weights)
    light = scores.lightened(0.0025)
    assert light.weights.sum() == pytest.approx(weights.sum())
    assert light.heaviest == pytest.approx(0.0025 * weights.sum())
    assert light.weights[0] > light.weights[-1]
    held, kept = [], []
    for _ in range(400):
        scores = of_reals(rng.normal(size=800), weights)
        fresh = rng.normal(size=2000)
        held.append((fresh > bound(scores, 0.01)).mean())
        kept.append((fresh > bound(scores.lightened(0.0025), 0.01)).mean())
    assert np.mean(held) < 0.003
    assert 0.006 < np.mean(kept) < 0.01


def test_groups_too_few_to_be_lightened_weigh_the_same() -> None:
    scores = of_reals(np.arange(4.0), np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 0, 1, 2]))
    assert scores.lightened(0.01).weights == pytest.approx([10 / 9, 20 / 9, 10 / 3, 10 / 3])


def test_a_card_says_what_too_few_pictures_cannot_promise() -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(400) % 2 == 1
    many = held_out(rng.normal(size=400), labels)
    assert not list(not_promised(many, Calibrating()))
    few = held_out(rng.normal(size=400), labels, np.arange(400) // 8)
    assert [line.split(" were")[0] for line in not_promised(few, Calibrating())] == [
        "Too few independent real pictures"
    ]


def test_a_model_that_is_to_vouch_for_nothing_never_says_real() -> None:
    logits, labels = world(4_000, 1.0, 0.0)
    settings = Calibrating(false_negative_rate=0.0)
    calibration, decision = calibrate(held_out(logits, labels), settings)
    surest = calibration.probability(-1e6)
    assert surest == 0.5
    assert decision.thresholds.label(surest) is decision.for_faces(9).label(surest) is Label.UNSURE
    said = [decision.thresholds.label(calibration.probability(float(value))) for value in logits]
    assert set(said) == {Label.FAKE, Label.UNSURE}
    usual = calibrate(held_out(logits, labels), Calibrating())[1]
    assert decision.thresholds.fake_above == usual.thresholds.fake_above
    assert list(not_promised(held_out(logits[:60], labels[:60]), settings)) == [
        line for line in not_promised(held_out(logits[:60], labels[:60]), Calibrating()) if " real " in line
    ]
    card = ModelCard("wary", "1.0", decision=decision)
    assert ModelCard.from_json(card.to_json()).decision == decision


def test_a_further_value_exceeds_the_bound_as_rarely_as_promised() -> None:
    rng = np.random.default_rng(3)
    draws = rng.exponential(size=(20_000, 60))
    exceeded = np.mean([row[-1] > bound(of_reals(row[:-1]), 0.1) for row in draws])
    assert exceeded == pytest.approx(0.1, abs=0.007), "sixty values, so exactly a tenth, but for chance"


def test_bad_scores_are_refused() -> None:
    labels = np.arange(10) % 2 == 1
    with pytest.raises(TrainingError, match="both classes"):
        calibrate(of_reals(np.ones(10)), Calibrating())
    with pytest.raises(TrainingError, match="not finite"):
        calibrate(held_out(np.full(10, np.nan), labels), Calibrating())
