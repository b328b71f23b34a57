"""Charts that are not curves: intervals in rows, and figures in a coloured grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from unmask.datasets.ranking import Interval
from unmask.reporting.charts import HEIGHT as CHART_HEIGHT
from unmask.reporting.charts import WIDTH as CHART_WIDTH
from unmask.reporting.charts import Axis, picture
from unmask.reporting.markup import Markup, element

_ROW, _TOP, _BOTTOM, _RIGHT = 30, 46, 46, 74
_WIDTH = 620


@dataclass(frozen=True, slots=True)
class Row:
    """One figure with its interval.

    Attributes:
        name: stands at the left.
        interval: the figure.
        tone: colour of the page.
    """

    name: str
    interval: Interval
    tone: str = "accent"


def intervals(title: str, description: str, axis: Axis, rows: Sequence[Row], limits: Sequence[float] = ()) -> Markup:
    """Figures as dots on their 95 % intervals, one below the other.

    Args:
        title: what is shown.
        description: for those who cannot see it.
        axis: that all rows share.
        rows: the figures; those that are NaN say so.
        limits: values at which a dashed line is drawn.
    """
    left = 24 + 6.6 * max(len(row.name) for row in rows)
    height, right = _TOP + _ROW * len(rows) + _BOTTOM, _WIDTH - _RIGHT
    floor = height - _BOTTOM

    def across(value: float) -> float:
        share = (min(max(value, axis.low), axis.high) - axis.low) / (axis.high - axis.low)
        return left + share * (right - left)

    parts = []
    for tick in axis.places():
        x = f"{across(tick):.1f}"
        parts.append(element("line", x1=x, x2=x, y1=_TOP - 8, y2=floor, class_="grid"))
        parts.append(element("text", axis.written(tick), x=x, y=floor + 17, text_anchor="middle"))
    for limit in limits:
        x = f"{across(limit):.1f}"
        parts.append(element("line", x1=x, x2=x, y1=_TOP - 8, y2=floor, class_="mark dash tone-none"))
    for number, row in enumerate(rows):
        parts += _row(row, across, _TOP + _ROW * (number + 0.5) - 4, left, axis)
    parts.append(
        element("text", axis.name, x=f"{(left + right) / 2:.1f}", y=height - 8, text_anchor="middle", class_="axis")
    )
    return picture(title, description, _WIDTH, height, parts)


def _row(row: Row, across: Callable[[float], float], y: float, left: float, axis: Axis) -> list[Markup]:
    name = element("text", row.name, x=f"{left - 12:.1f}", y=f"{y + 4:.1f}", text_anchor="end", class_="axis")
    value = row.interval
    if np.isnan(value.value):
        return [name, element("text", "no such figure", x=f"{left + 8:.1f}", y=f"{y + 4:.1f}")]
    low, high, level = f"{across(value.low):.1f}", f"{across(value.high):.1f}", f"{y:.1f}"
    return [
        name,
        element("line", x1=low, x2=high, y1=level, y2=level, class_=f"mark thick tone-{row.tone}"),
        element("circle", cx=f"{across(value.value):.1f}", cy=level, r=4.5, class_=f"dot tone-{row.tone}"),
        element("text", f"{value.value:.3f}", x=_WIDTH - _RIGHT + 14, y=f"{y + 4:.1f}", class_="axis"),
    ]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a grid: how deep its colour is, 0…1, and one or two lines in it."""

    depth: float
    words: str
    more: str = ""


def grid(
    title: str,
    description: str,
    across: tuple[str, Sequence[str]],
    down: tuple[str, Sequence[str]],
    cells: Sequence[Sequence[Cell]],
) -> Markup:
    """A table of coloured cells.

    Args:
        title: what is shown.
        description: for those who cannot see it.
        across: name of the horizontal axis and of each column.
        down: name of the vertical axis and of each row.
        cells: rows of cells.
    """
    left, top = 104, 46
    wide, tall = (CHART_WIDTH - left - 6) / len(across[1]), (CHART_HEIGHT - top - 50) / len(down[1])
    floor = CHART_HEIGHT - 50
    parts = [_words(down[0], 4, top - 12, "start", "axis")]
    parts.append(_words(across[0], left + wide * len(across[1]) / 2, CHART_HEIGHT - 10, "middle", "axis"))
    parts += [_words(name, left + wide * (column + 0.5), floor + 17, "middle") for column, name in enumerate(across[1])]
    for row, name in enumerate(down[1]):
        y = top + tall * row
        parts.append(_words(name, left - 10, y + tall / 2 + 4, "end"))
        for column, cell in enumerate(cells[row]):
            parts += _cell(left + wide * column, y, wide, tall, cell)
    return picture(title, description, CHART_WIDTH, CHART_HEIGHT, parts)


def _cell(x: float, y: float, width: float, height: float, cell: Cell) -> list[Markup]:
    """The deeper, the darker; words in ink that can be read on it."""
    depth = min(1.0, max(0.0, cell.depth))
    fill = f"rgb({round(236 - 190 * depth)},{round(240 - 160 * depth)},{round(243 - 121 * depth)})"
    ink = f"fill:{'#ffffff' if depth > 0.5 else '#1c2024'}"
    middle, centre = x + width / 2, y + height / 2 + (-4 if cell.more else 5)
    shape = element(
        "rect",
        x=f"{x + 1:.1f}",
        y=f"{y + 1:.1f}",
        width=f"{width - 2:.1f}",
        height=f"{height - 2:.1f}",
        rx=4,
        fill=fill,
    )
    lines = [_words(cell.words, middle, centre, "middle", "cell", ink)]
    return [shape, *lines, *([_words(cell.more, middle, centre + 18, "middle", None, ink)] if cell.more else [])]


def _words(words: str, x: float, y: float, anchor: str, kind: str | None = None, style: str | None = None) -> Markup:
    return element("text", words, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor, class_=kind, style=style)
