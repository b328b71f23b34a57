"""Shares with their 95 % intervals, as every table of the benchmarks states them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from unmask.datasets.auc import Interval


def wilson(hits: float, count: int, z: float = 1.959964) -> Interval:
    """The score interval of a share (E. Wilson, JASA 22, 1927)."""
    share, spread = hits / count, z * z / count
    middle = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / count + spread / (4 * count)) / (1 + spread)
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))


Figure = Interval | Sequence[float]
"""An interval, or the same read back from JSON: `[value, low, high]`."""


def percent(figure: Figure | None) -> str:
    """A share in percent, such as `4.1% (2.0–6.5)`; a dash where there is none."""
    if figure is None:
        return "–"
    value, low, high = _three(figure)
    return f"{value:.1%} ({100 * low:.1f}–{100 * high:.1f})"


def area(figure: Figure) -> str:
    """An AUC, such as `0.944 (0.924–0.960)`."""
    return "{:.3f} ({:.3f}–{:.3f})".format(*_three(figure))


def _three(figure: Figure) -> Sequence[float]:
    return (figure.value, figure.low, figure.high) if isinstance(figure, Interval) else figure
