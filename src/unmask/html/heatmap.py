"""Heatmap: a table of cells whose color depth shows a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from unmask.html.charts import HEIGHT, WIDTH, svg_figure
from unmask.html.markup import Markup, element

_LEFT, _TOP, _RIGHT, _BOTTOM = 104, 46, 6, 50


@dataclass(frozen=True, slots=True)
class HeatmapCell:
    """One cell of a heatmap.

    Attributes:
        depth: color depth from 0 (light) to 1 (dark).
        text: first line in the cell.
        second_line: line below it; none where empty.
    """

    depth: float
    text: str
    second_line: str = ""


def heatmap(
    title: str,
    description: str,
    columns: tuple[str, Sequence[str]],
    rows: tuple[str, Sequence[str]],
    cells: Sequence[Sequence[HeatmapCell]],
) -> Markup:
    """Draws a table of colored cells.

    Args:
        title: heading of the chart.
        description: what the chart shows, for screen readers.
        columns: name of the horizontal axis, and the name of each column.
        rows: name of the vertical axis, and the name of each row.
        cells: rows of cells.
    """
    cell_width = (WIDTH - _LEFT - _RIGHT) / len(columns[1])
    cell_height = (HEIGHT - _TOP - _BOTTOM) / len(rows[1])
    floor = HEIGHT - _BOTTOM
    parts = [_text(rows[0], 4, _TOP - 12, "start", "axis")]
    parts.append(_text(columns[0], _LEFT + cell_width * len(columns[1]) / 2, HEIGHT - 10, "middle", "axis"))
    for column, name in enumerate(columns[1]):
        parts.append(_text(name, _LEFT + cell_width * (column + 0.5), floor + 17, "middle"))
    for row, name in enumerate(rows[1]):
        y = _TOP + cell_height * row
        parts.append(_text(name, _LEFT - 10, y + cell_height / 2 + 4, "end"))
        for column, cell in enumerate(cells[row]):
            parts += _cell(_LEFT + cell_width * column, y, cell_width, cell_height, cell)
    return svg_figure(title, description, WIDTH, HEIGHT, parts)


def _cell(x: float, y: float, width: float, height: float, cell: HeatmapCell) -> list[Markup]:
    """A rectangle and its lines of text; the text is white on dark cells."""
    depth = min(1.0, max(0.0, cell.depth))
    fill = f"rgb({round(236 - 190 * depth)},{round(240 - 160 * depth)},{round(243 - 121 * depth)})"
    ink = f"fill:{'#ffffff' if depth > 0.5 else '#1c2024'}"
    center_x, center_y = x + width / 2, y + height / 2 + (-4 if cell.second_line else 5)
    parts = [
        element(
            "rect",
            x=f"{x + 1:.1f}",
            y=f"{y + 1:.1f}",
            width=f"{width - 2:.1f}",
            height=f"{height - 2:.1f}",
            rx=4,
            fill=fill,
        ),
        _text(cell.text, center_x, center_y, "middle", "cell", ink),
    ]
    if cell.second_line:
        parts.append(_text(cell.second_line, center_x, center_y + 18, "middle", None, ink))
    return parts


def _text(words: str, x: float, y: float, anchor: str, kind: str | None = None, style: str | None = None) -> Markup:
    return element("text", words, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor, class_=kind, style=style)
