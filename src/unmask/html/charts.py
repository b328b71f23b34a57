"""SVG charts from arrays, with named axes, labels or a legend, the colors of the page and a text for screen readers.

A chart consists of two axes and marks:

    >>> draw("ROC", "…", Axis("false positive rate"), Axis("true positive rate"), [Line(x, y, label="clean")])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from unmask.html.markup import Markup, element

Floats = NDArray[np.float64]
ToPixels = Callable[[float, float], tuple[float, float]]
"""Function from data coordinates to pixels."""

WIDTH, HEIGHT = 460, 340
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 18, 42, 50
_POINTS = 240
_SAMPLE, _LEGEND_ROW = 28, 18


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis.

    Attributes:
        name: name of the quantity, with its unit.
        low, high: range.
        ticks: values of the tick labels; default: about five round values.
        percent: whether tick labels are percentages.
    """

    name: str
    low: float = 0.0
    high: float = 1.0
    ticks: Sequence[float] = ()
    percent: bool = True

    def format(self, value: float) -> str:
        """A tick label."""
        if self.percent:
            return f"{100 * value:.3g} %"
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"

    def tick_values(self) -> Sequence[float]:
        """Values of the tick labels: `ticks`, or about five round values."""
        if self.ticks:
            return self.ticks
        rough = (self.high - self.low) / 5
        unit = 10.0 ** np.floor(np.log10(rough))
        step = unit * min((1, 2, 2.5, 5, 10), key=lambda factor: abs(unit * factor - rough))
        first = np.ceil(self.low / step - 1e-9) + 0.0
        return [float(value) for value in step * np.arange(first, np.floor(self.high / step + 1e-9) + 1) + 0.0]


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points, with a label beside it.

    Attributes:
        x, y: the points; points with NaN are left out.
        label: text beside the line; empty for none.
        tone: color name of the page.
        dashed: True for a reference line.
        at: position of the label along the line, 0…1.
        dots: whether each point is marked.
    """

    x: Floats
    y: Floats
    label: str = ""
    tone: str = "accent"
    dashed: bool = False
    at: float = 0.5
    dots: bool = False

    def draw(self, to_pixels: ToPixels) -> list[Markup]:
        """The SVG elements."""
        known = ~(np.isnan(self.x) | np.isnan(self.y))
        x, y = _thinned(self.x[known], self.y[known])
        points = [to_pixels(float(one), float(other)) for one, other in zip(x, y, strict=True)]
        if not points:
            return []
        path = "M" + "L".join(f"{across:.1f} {down:.1f}" for across, down in points)
        drawn = [element("path", d=path, class_=f"mark tone-{self.tone}{' dash' if self.dashed else ''}")]
        if self.dots:
            drawn += [
                element("circle", cx=f"{a:.1f}", cy=f"{d:.1f}", r=3.6, class_=f"dot tone-{self.tone}")
                for a, d in points
            ]
        across, down = points[min(len(points) - 1, round(self.at * (len(points) - 1)))]
        return [*drawn, *_label(self.label, across, down - 8, self.tone)]


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars of a histogram.

    Attributes:
        edges: `[B + 1]` of the bins.
        heights: `[B]`.
        label: text above the highest bar.
        tone: color name of the page.
    """

    edges: Floats
    heights: Floats
    label: str = ""
    tone: str = "accent"

    def draw(self, to_pixels: ToPixels) -> list[Markup]:
        """The SVG elements."""
        drawn = []
        for left, right, height in zip(self.edges[:-1], self.edges[1:], self.heights, strict=True):
            (x, y), (end, base) = to_pixels(float(left), float(height)), to_pixels(float(right), 0.0)
            drawn.append(_rect(x + 0.5, y, max(0.5, end - x - 1), base - y, f"bar tone-{self.tone}"))
        best = int(np.argmax(self.heights))
        x, y = to_pixels(float(self.edges[best] + self.edges[best + 1]) / 2, float(self.heights[best]))
        return [*drawn, *_label(self.label, x, y - 6, self.tone)]


@dataclass(frozen=True, slots=True)
class Band:
    """A shaded interval of the horizontal axis, with a label at its top."""

    low: float
    high: float
    label: str = ""
    tone: str = "unsure"

    def draw(self, to_pixels: ToPixels) -> list[Markup]:
        """The SVG elements."""
        (left, _), (right, _) = to_pixels(self.low, 0), to_pixels(self.high, 0)
        top, bottom = _TOP, HEIGHT - _BOTTOM
        drawn = [_rect(left, top, right - left, bottom - top, f"band tone-{self.tone}")]
        return [*drawn, *_label(self.label, (left + right) / 2, top + 15, self.tone)]


Mark = Line | Bars | Band


def draw(title: str, description: str, x: Axis, y: Axis, marks: Sequence[Mark]) -> Markup:
    """Draws a chart. Two or more labels stand in a legend below it, so that they cannot overlap.

    Args:
        title: heading of the chart.
        description: what the chart shows, for screen readers.
        x: horizontal axis.
        y: vertical axis.
        marks: lines, bars and bands; the last one is on top.
    """
    inner_width, inner_height = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM

    def to_pixels(across: float, up: float) -> tuple[float, float]:
        return (
            _LEFT + (across - x.low) / (x.high - x.low) * inner_width,
            HEIGHT - _BOTTOM - (min(max(up, y.low), y.high) - y.low) / (y.high - y.low) * inner_height,
        )

    parts = [*_horizontal(x, to_pixels, y.low), *_vertical(y, to_pixels, x.low)]
    parts.append(_rect(_LEFT, _TOP, inner_width, inner_height, "frame"))
    named = [mark for mark in marks if mark.label]
    if len(named) < 2:
        parts += [part for mark in marks for part in mark.draw(to_pixels)]
        return svg_figure(title, description, WIDTH, HEIGHT, parts)
    parts += [part for mark in marks for part in replace(mark, label="").draw(to_pixels)]
    legend, bottom = _legend(named)
    return svg_figure(title, description, WIDTH, bottom, [*parts, *legend])


def _legend(marks: Sequence[Mark]) -> tuple[list[Markup], float]:
    """A sample and the label of each mark in rows below the chart, and the lower end of the last row."""
    parts: list[Markup] = []
    x, y = float(_LEFT), HEIGHT + 10.0
    for mark in marks:
        width = _SAMPLE + 7.0 * len(mark.label) + 18
        if x > _LEFT and x + width > WIDTH:
            x, y = float(_LEFT), y + _LEGEND_ROW
        if isinstance(mark, Line):
            dash = " dash" if mark.dashed else ""
            ends = {"x1": f"{x:.1f}", "x2": f"{x + _SAMPLE - 6:.1f}", "y1": y - 4, "y2": y - 4}
            parts.append(element("line", **ends, class_=f"mark tone-{mark.tone}{dash}"))
        else:
            kind = "bar" if isinstance(mark, Bars) else "band"
            parts.append(_rect(x, y - 9, _SAMPLE - 6, 10, f"{kind} tone-{mark.tone}"))
        parts.append(_text(mark.label, x + _SAMPLE, y, "start", "axis"))
        x += width
    return parts, y + 10


def svg_figure(title: str, description: str, width: float, height: float, parts: Sequence[Markup]) -> Markup:
    """An SVG element with a heading, and a description for screen readers."""
    heading = element("text", title, x=4, y=18, class_="heading")
    return element(
        "svg",
        element("title", title),
        element("desc", description),
        heading,
        *parts,
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
        aria_label=f"{title}. {description}",
        xmlns="http://www.w3.org/2000/svg",
    )


def _horizontal(axis: Axis, to_pixels: ToPixels, baseline: float) -> list[Markup]:
    parts = []
    for tick in axis.tick_values():
        x, y = to_pixels(tick, baseline)
        parts.append(element("line", x1=f"{x:.1f}", x2=f"{x:.1f}", y1=_TOP, y2=f"{y:.1f}", class_="grid"))
        parts.append(_text(axis.format(tick), x, y + 17, "middle"))
    return [*parts, _text(axis.name, _LEFT + (WIDTH - _LEFT - _RIGHT) / 2, HEIGHT - 10, "middle", "axis")]


def _vertical(axis: Axis, to_pixels: ToPixels, edge: float) -> list[Markup]:
    parts = []
    for tick in axis.tick_values():
        x, y = to_pixels(edge, tick)
        parts.append(element("line", x1=f"{x:.1f}", x2=WIDTH - _RIGHT, y1=f"{y:.1f}", y2=f"{y:.1f}", class_="grid"))
        parts.append(_text(axis.format(tick), x - 8, y + 4, "end"))
    return [*parts, _text(axis.name, 4, _TOP - 8, "start", "axis")]


def _text(words: str, x: float, y: float, anchor: str, kind: str | None = None) -> Markup:
    return element("text", words, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor, class_=kind)


def _label(words: str, x: float, y: float, tone: str) -> list[Markup]:
    """A label, moved inside the frame."""
    if not words:
        return []
    half = 3.4 * len(words)
    inside = min(max(x, _LEFT + half), WIDTH - _RIGHT - half)
    return [_text(words, inside, max(y, _TOP + 14), "middle", f"label tone-{tone}")]


def _rect(x: float, y: float, width: float, height: float, kind: str) -> Markup:
    return element(
        "rect", x=f"{x:.1f}", y=f"{y:.1f}", width=f"{width:.1f}", height=f"{max(0.0, height):.1f}", class_=kind
    )


def _thinned(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """At most 240 points of a curve, including its ends."""
    if len(x) <= _POINTS:
        return x, y
    chosen = np.unique(np.linspace(0, len(x) - 1, _POINTS).round().astype(int))
    return x[chosen], y[chosen]
