from __future__ import annotations

import pytest
from PIL import Image

from unmask import Label, Thresholds
from unmask.stability import measure_stability, reencodings, stable_label

RULE = Thresholds(0.3, 0.8)


def test_reencodings_are_mild_and_deterministic(portrait: Image.Image) -> None:
    first, second = reencodings(portrait), reencodings(portrait)
    assert len(first) >= 2
    for one, other in zip(first, second, strict=True):
        assert one.tobytes() == other.tobytes()
        assert 0.5 <= one.width / portrait.width <= 1


@pytest.mark.parametrize(
    ("score", "others", "flips", "label"),
    [
        (0.9, [0.85, 0.7], 0, Label.FAKE),
        (0.9, [0.85, 0.2], 1, Label.UNSURE),
        (0.1, [0.2, 0.29], 0, Label.REAL),
        (0.1, [0.9, 0.7], 2, Label.UNSURE),
        (0.5, [0.1, 0.9], 0, Label.UNSURE),
    ],
)
def test_a_flip_makes_the_label_unsure(score: float, others: list[float], flips: int, label: Label) -> None:
    stability = measure_stability(score, others, RULE)
    assert (stability.min, stability.max, stability.flips) == (min(score, *others), max(score, *others), flips)
    assert stable_label(RULE.label(score), stability) is label


def test_flips_of_a_model_without_the_label_real() -> None:
    """Scores of such a model are at least 0.5; a label flips at the middle between 0.5 and `fake_above`."""
    thresholds = Thresholds(1e-13, 0.96)
    assert measure_stability(0.99, [0.5, 0.98], thresholds).flips == 1
    assert stable_label(Label.FAKE, measure_stability(0.99, [0.5, 0.5], thresholds)) is Label.UNSURE


def test_without_stability_the_label_is_unchanged() -> None:
    assert stable_label(Label.FAKE, None) is Label.FAKE
