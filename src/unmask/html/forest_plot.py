"""Forest plot: one row for each estimate, a dot on its confidence interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from unmask.html.charts import Axis, svg_figure
from unmask.html.markup import Markup, element

_ROW, _TOP, _BOTTOM, _RIGHT = 30, 46, 46, 74
_WIDTH = 620


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One row of a forest plot.

    Attributes:
        name: label at the left.
        value: the estimate; NaN is shown as "no such figure".
        low, high: limits of its confidence interval.
        tone: color name of the page.
    """

    name: str
    value: float
    low: float
    high: float
    tone: str = "accent"


def forest_plot(
    title: str, description: str, axis: Axis, rows: Sequence[ForestRow], limits: Sequence[float] = ()
) -> Markup:
    """Draws estimates as dots on their intervals, one below the other.

    Args:
        title: heading of the plot.
        description: what the plot shows, for screen readers.
        axis: horizontal axis of all rows.
        rows: the estimates.
        limits: values at which a dashed vertical line is drawn.
    """
    left = 24 + 6.6 * max(len(row.name) for row in rows)
    height, right = _TOP + _ROW * len(rows) + _BOTTOM, _WIDTH - _RIGHT
    floor = height - _BOTTOM

    def to_x(value: float) -> float:
        share = (min(max(value, axis.low), axis.high) - axis.low) / (axis.high - axis.low)
        return left + share * (right - left)

    parts = []
    for tick in axis.tick_values():
        x = f"{to_x(tick):.1f}"
        parts.append(element("line", x1=x, x2=x, y1=_TOP - 8, y2=floor, class_="grid"))
        parts.append(element("text", axis.format(tick), x=x, y=floor + 17, text_anchor="middle"))
    for limit in limits:
        x = f"{to_x(limit):.1f}"
        parts.append(element("line", x1=x, x2=x, y1=_TOP - 8, y2=floor, class_="mark dash tone-none"))
    for number, row in enumerate(rows):
        parts += _row(row, to_x, _TOP + _ROW * (number + 0.5) - 4, left)
    parts.append(
        element("text", axis.name, x=f"{(left + right) / 2:.1f}", y=height - 8, text_anchor="middle", class_="axis")
    )
    return svg_figure(title, description, _WIDTH, height, parts)


def _row(row: ForestRow, to_x: Callable[[float], float], y: float, left: float) -> list[Markup]:
    name = element("text", row.name, x=f"{left - 12:.1f}", y=f"{y + 4:.1f}", text_anchor="end", class_="axis")
    if math.isnan(row.value):
        return [name, element("text", "no such figure", x=f"{left + 8:.1f}", y=f"{y + 4:.1f}")]
    low, high, level = f"{to_x(row.low):.1f}", f"{to_x(row.high):.1f}", f"{y:.1f}"
    return [
        name,
        element("line", x1=low, x2=high, y1=level, y2=level, class_=f"mark thick tone-{row.tone}"),
        element("circle", cx=f"{to_x(row.value):.1f}", cy=level, r=4.5, class_=f"dot tone-{row.tone}"),
        element("text", f"{row.value:.3f}", x=_WIDTH - _RIGHT + 14, y=f"{y + 4:.1f}", class_="axis"),
    ]
