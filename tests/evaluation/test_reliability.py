from __future__ import annotations

import numpy as np
import pytest

from tests.evaluation.samples import point, sample


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
