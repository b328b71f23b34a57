"""Maps of a detector whose reasons are known: it looks at the detail in one square and nowhere else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from unmask import Detector, UsageError
from unmask.card import Calibration, ModelCard
from unmask.explaining.cam import cam
from unmask.explaining.faithfulness import measure
from unmask.explaining.lime import lime
from unmask.explaining.perturbation import blurred, grid, log_odds, score_parts
from unmask.explaining.occlusion import occlusion
from unmask.verdict import Label

SIDE = 112
SPOT = (slice(64, 96), slice(16, 48))


class Known:
    """Its logit is the contrast in `SPOT`."""

    def __init__(self) -> None:
        self.card = ModelCard("known", "1", calibration=Calibration(2.0, -1.0))
        self.model = SimpleNamespace(name="known")
        self.asked = 0

    def run(self, pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        self.asked += len(pixels)
        detail = pixels[(slice(None), *SPOT)].astype(np.float32).std((1, 2)).mean(1)
        return {"logit": detail / 20 - 2}


@pytest.fixture
def known() -> Known:
    return Known()


@pytest.fixture
def face() -> NDArray[np.uint8]:
    """Tiles of different colours with detail everywhere."""
    generator = np.random.default_rng(0)
    tiles = generator.integers(60, 196, (7, 7, 3)).repeat(16, 0).repeat(16, 1)
    return (tiles + generator.integers(-50, 50, (SIDE, SIDE, 1))).astype(np.uint8)


def as_detector(known: Known) -> Detector:
    return cast("Detector", known)


def centre_of(heatmap: NDArray[Any]) -> tuple[float, float]:
    """Where the strongest place lies, as shares of height and width."""
    row, column = np.unravel_index(heatmap.argmax(), heatmap.shape)
    return (float(row) + 0.5) / heatmap.shape[0], (float(column) + 0.5) / heatmap.shape[1]


def inside(heatmap: NDArray[Any]) -> bool:
    down, across = centre_of(heatmap)
    return 64 / SIDE <= down <= 96 / SIDE and 16 / SIDE <= across <= 48 / SIDE


def truth() -> NDArray[np.float32]:
    heatmap = np.zeros((SIDE, SIDE), np.float32)
    heatmap[SPOT] = 1
    return heatmap


def test_scores_of_parts_are_those_of_the_composed_pictures(known: Known, face: NDArray[np.uint8]) -> None:
    segments = grid(SIDE, 2)
    keep = np.array([[True] * 4, [False] * 4, [True, True, False, True]])
    scores = score_parts(as_detector(known), face, segments, keep)
    by_hand = np.where((segments == 2)[..., None], blurred(face), face)
    expected = log_odds(as_detector(known), np.stack([face, blurred(face), by_hand]))
    assert np.allclose(scores, expected)


def test_occlusion_points_at_what_the_score_rests_on(known: Known, face: NDArray[np.uint8]) -> None:
    heatmap = occlusion(as_detector(known), face)
    assert inside(heatmap)
    assert abs(heatmap[0, -1]) < 1e-6 * heatmap.max()


def test_lime_points_there_too_at_the_price_of_its_samples(known: Known, face: NDArray[np.uint8]) -> None:
    pytest.importorskip("skimage")
    seen: list[tuple[int, int]] = []
    heatmap = lime(as_detector(known), face, lambda done, total: seen.append((done, total)), samples=300)
    assert heatmap.shape == (SIDE, SIDE)
    assert heatmap[SPOT].mean() > 4 * heatmap.mean()
    assert known.asked == 300
    assert seen[-1] == (300, 300)
    assert np.array_equal(heatmap, lime(as_detector(known), face, samples=300))


def test_lime_refuses_to_fit_on_too_few_samples(known: Known, face: NDArray[np.uint8]) -> None:
    with pytest.raises(UsageError, match="at least"):
        lime(as_detector(known), face, samples=5)


def test_a_model_without_a_map_is_named_and_the_way_out_too(known: Known, face: NDArray[np.uint8]) -> None:
    with pytest.raises(UsageError, match=r"known has no class activation map.*occlusion"):
        cam(as_detector(known), face)


def test_the_true_map_is_faithful_for_either_class(known: Known, face: NDArray[np.uint8]) -> None:
    test = measure(as_detector(known), face, truth(), Label.FAKE)
    assert test.better_than_chance
    assert test.deletion < test.random_deletion
    assert test.insertion > test.random_insertion
    assert measure(as_detector(known), face, truth(), Label.REAL).score < 0.05


def test_a_map_that_points_elsewhere_is_not(known: Known, face: NDArray[np.uint8]) -> None:
    assert measure(as_detector(known), face, np.roll(truth(), 56, 1), Label.FAKE).score < 0.6


def test_a_constant_map_scores_exactly_chance(known: Known, face: NDArray[np.uint8]) -> None:
    assert measure(as_detector(known), face, np.ones((7, 7), np.float32), Label.FAKE).score == 0.5


def test_meaningless_maps_score_at_chance_on_average(known: Known, face: NDArray[np.uint8]) -> None:
    generator = np.random.default_rng(3)
    scores = [
        measure(as_detector(known), face, generator.random((7, 7), np.float32), Label.FAKE, rivals=10, seed=seed).score
        for seed in range(30)
    ]
    assert abs(float(np.mean(scores)) - 0.5) < 0.17
    assert np.mean(np.array(scores) > 0.95) < 0.25
