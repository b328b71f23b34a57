from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from tests.evaluation.samples import point, sample
from unmask.evaluation.reliability import BINS, calibration_error, reliability


def test_calibration_error_is_small_only_for_calibrated_scores() -> None:
    rng = np.random.default_rng(1)
    probability = rng.random(20000)
    labels = (rng.random(20000) < probability).astype(int).tolist()
    assert point(sample(labels, probability.tolist()))["ece"] < 0.02
    assert point(sample(labels, (probability**3).tolist()))["ece"] > 0.15


def test_calibration_error_of_equal_scores_ignores_their_order() -> None:
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


@pytest.mark.parametrize("seed", range(8))
def test_reliability_agrees_with_scikit_learn(seed: int) -> None:
    """Without ties, both divide the scores at the same quantiles."""
    rng = np.random.default_rng(seed)
    probability = rng.permutation(np.linspace(0.001, 0.999, 15 * 40))
    labels = (rng.random(len(probability)) < probability**1.5).astype(int)
    mass, predicted, observed = reliability(labels, probability, np.ones((1, len(labels))))
    share, mean = calibration_curve(labels, probability, n_bins=BINS, strategy="quantile")
    assert mass[0] == pytest.approx(np.full(BINS, 1 / BINS))
    assert predicted[0] == pytest.approx(mean)
    assert observed[0] == pytest.approx(share)
    error = calibration_error(labels, probability, np.ones((1, len(labels))))[0]
    assert error == pytest.approx(np.abs(share - mean).mean())
