"""Proportions with 95 % confidence intervals, and their format in the tables of the studies."""

from __future__ import annotations

import math
from collections.abc import Sequence

from unmask.datasets.auc import Interval


def wilson(hits: float, count: int, z: float = 1.959964) -> Interval:
    """Wilson score interval of a proportion (E. Wilson, JASA 22, 1927)."""
    share, spread = hits / count, z * z / count
    middle = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / count + spread / (4 * count)) / (1 + spread)
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))


Figure = Interval | Sequence[float]
"""An interval, or its JSON form `[value, low, high]`."""


def percent(figure: Figure | None) -> str:
    """Format a proportion in percent, such as `4.1% (2.0–6.5)`; None gives a dash."""
    if figure is None:
        return "–"
    value, low, high = _as_sequence(figure)
    return f"{value:.1%} ({100 * low:.1f}–{100 * high:.1f})"


def format_auc(figure: Figure) -> str:
    """Format an AUC, such as `0.944 (0.924–0.960)`."""
    return "{:.3f} ({:.3f}–{:.3f})".format(*_as_sequence(figure))


def _as_sequence(figure: Figure) -> Sequence[float]:
    return (figure.value, figure.low, figure.high) if isinstance(figure, Interval) else figure
