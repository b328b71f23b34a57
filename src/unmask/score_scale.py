"""The scale on which a score is drawn: one zone of equal width for each label that the thresholds allow.

Pages, reports, the PDF and the REST API place marks by this geometry, so that the drawing is the same everywhere.
docs/design/0013-headline-and-scale.md states why the zones have equal widths.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from unmask.verdict import DISPLAY_MAX, DISPLAY_MIN, Label, Thresholds, display_probability


@dataclass(frozen=True, slots=True)
class ScaleZone:
    """The part of the scale with one label.

    Attributes:
        label: `real`, `unsure` or `fake`.
        start, end: as a share of the width of the scale.
        low, high: the probabilities of fake at its ends.
    """

    label: Label
    start: float
    end: float
    low: float
    high: float

    def to_dict(self) -> dict[str, Any]:
        """The wire form."""
        place = {"start": round(self.start, 4), "end": round(self.end, 4)}
        return {"label": str(self.label), **place, "low": self.low, "high": self.high}


@dataclass(frozen=True, slots=True)
class ScoreScale:
    """The scale of a pair of thresholds.

    A position is the share of the width of the scale, from 0 at the left (0.1 % fake) to 1 at the right (99.9 % fake).
    Inside a zone it is linear in the log-odds of the probability.

    Attributes:
        zones: from left to right; a label that the thresholds never give has no zone.
    """

    zones: tuple[ScaleZone, ...]

    @classmethod
    def from_thresholds(cls, thresholds: Thresholds) -> ScoreScale:
        """The scale of thresholds."""
        low = display_probability(thresholds.real_below) if thresholds.allows_real else DISPLAY_MIN
        high = display_probability(thresholds.fake_above) if thresholds.allows_fake else DISPLAY_MAX
        limits = {
            Label.REAL: (DISPLAY_MIN, low, thresholds.allows_real),
            Label.UNSURE: (low, high, True),
            Label.FAKE: (high, DISPLAY_MAX, thresholds.allows_fake),
        }
        given = [(label, start, end) for label, (start, end, allowed) in limits.items() if allowed]
        ends = [number / len(given) for number in range(len(given) + 1)]
        return cls(
            tuple(
                ScaleZone(label, left, right, start, end)
                for (label, start, end), (left, right) in zip(given, pairwise(ends), strict=True)
            )
        )

    def position(self, probability_fake: float) -> float:
        """The position of a probability of fake."""
        value = display_probability(probability_fake)
        zone = next((zone for zone in self.zones if value <= zone.high), self.zones[-1])
        low, high = _log_odds(zone.low), _log_odds(zone.high)
        share = (_log_odds(value) - low) / (high - low) if high > low else 0.5
        return zone.start + (zone.end - zone.start) * min(max(share, 0.0), 1.0)

    @property
    def thresholds(self) -> tuple[tuple[float, float], ...]:
        """Position and probability of each threshold, from left to right."""
        return tuple((zone.end, zone.high) for zone in self.zones[:-1])


def _log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability))
