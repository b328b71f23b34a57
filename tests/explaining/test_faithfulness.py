"""Deletion and insertion curves against random maps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.explaining.known import SIDE, SPOT, KnownDetector, as_detector
from unmask.explaining.faithfulness import measure_faithfulness
from unmask.verdict import Label


def truth() -> NDArray[np.float32]:
    heatmap = np.zeros((SIDE, SIDE), np.float32)
    heatmap[SPOT] = 1
    return heatmap


def test_the_true_map_is_faithful_for_either_class(known: KnownDetector, face: NDArray[np.uint8]) -> None:
    test = measure_faithfulness(as_detector(known), face, truth(), Label.FAKE)
    assert test.better_than_chance
    assert test.deletion < test.random_deletion
    assert test.insertion > test.random_insertion
    assert measure_faithfulness(as_detector(known), face, truth(), Label.REAL).score < 0.05


def test_a_map_that_points_elsewhere_is_not_faithful(known: KnownDetector, face: NDArray[np.uint8]) -> None:
    assert measure_faithfulness(as_detector(known), face, np.roll(truth(), 56, 1), Label.FAKE).score < 0.6


def test_a_constant_map_scores_exactly_chance(known: KnownDetector, face: NDArray[np.uint8]) -> None:
    assert measure_faithfulness(as_detector(known), face, np.ones((7, 7), np.float32), Label.FAKE).score == 0.5


def test_meaningless_maps_score_at_chance_on_average(known: KnownDetector, face: NDArray[np.uint8]) -> None:
    generator = np.random.default_rng(3)
    scores = [
        measure_faithfulness(
            as_detector(known), face, generator.random((7, 7), np.float32), Label.FAKE, rivals=10, seed=seed
        ).score
        for seed in range(30)
    ]
    assert abs(float(np.mean(scores)) - 0.5) < 0.17
    assert np.mean(np.array(scores) > 0.95) < 0.25
