"""Geometry of the scale of scores."""

from __future__ import annotations

import pytest

from unmask.score_scale import ScoreScale
from unmask.verdict import Thresholds

USUAL = ScoreScale.from_thresholds(Thresholds(0.1, 0.945))


def test_the_three_zones_have_equal_widths() -> None:
    assert [str(zone.label) for zone in USUAL.zones] == ["real", "unsure", "fake"]
    assert [zone.end - zone.start for zone in USUAL.zones] == pytest.approx([1 / 3] * 3)
    assert USUAL.thresholds == ((pytest.approx(1 / 3), 0.1), (pytest.approx(2 / 3), 0.945))


@pytest.mark.parametrize(
    ("probability", "position"), [(0.0, 0.0), (0.001, 0.0), (0.1, 1 / 3), (0.945, 2 / 3), (0.999, 1.0), (1.0, 1.0)]
)
def test_the_ends_of_the_zones(probability: float, position: float) -> None:
    assert USUAL.position(probability) == pytest.approx(position)


@pytest.mark.parametrize(("low", "high"), [(0.1, 0.945), (0.4, 0.6), (0.002, 0.998), (0.0005, 0.9995), (0.5, 0.5)])
def test_a_score_lies_in_its_zone_and_positions_rise_with_it(low: float, high: float) -> None:
    thresholds = Thresholds(low, high)
    scale = ScoreScale.from_thresholds(thresholds)
    scores = [number / 1000 for number in range(1, 1000)]
    positions = [scale.position(score) for score in scores]
    assert positions == sorted(positions)
    zones = {str(zone.label): zone for zone in scale.zones}
    for score, position in zip(scores, positions, strict=True):
        if low > 0.001 and high < 0.999:
            zone = zones[thresholds.label(score)]
            assert zone.start - 1e-9 <= position <= zone.end + 1e-9


@pytest.mark.parametrize(
    ("thresholds", "labels"),
    [
        (Thresholds(1e-12, 0.9), ["unsure", "fake"]),
        (Thresholds(0.1, 1 - 1e-12), ["real", "unsure"]),
        (Thresholds(1e-12, 1 - 1e-12), ["unsure"]),
    ],
)
def test_a_label_that_is_never_given_has_no_zone(thresholds: Thresholds, labels: list[str]) -> None:
    scale = ScoreScale.from_thresholds(thresholds)
    assert [str(zone.label) for zone in scale.zones] == labels
    assert scale.zones[0].start == 0
    assert scale.zones[-1].end == 1
    assert 0 < scale.position(0.5) < 1
