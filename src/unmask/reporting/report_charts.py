"""The charts of a report: the score between its thresholds, and the spectrum in its usual range."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from unmask.html.charts import Axis, Line, draw, svg_figure
from unmask.html.markup import Markup, element
from unmask.reporting.formatting import format_probability
from unmask.signals import Signal
from unmask.signals.reference import reference_ranges
from unmask.verdict import Verdict, display_probability

_WIDTH, _HEIGHT, _LEFT, _TOP, _BAR = 640, 118, 20, 64, 20
_SPAN = _WIDTH - 2 * _LEFT


def score_scale(verdict: Verdict) -> Markup:
    """A bar of the probability of fake, divided at the thresholds, with a mark for each face."""
    low, high = verdict.thresholds.real_below, verdict.thresholds.fake_above
    parts: list[Markup] = []
    for start, end, label in ((0.0, low, "real"), (low, high, "unsure"), (high, 1.0, "fake")):
        parts += _segment(start, end, label)
    real, fake = verdict.thresholds.allows_real, verdict.thresholds.allows_fake
    thresholds = [*([low] if real else []), *([high] if fake else [])]
    parts += [_text(f"{value:.1%}", _x(value), _TOP + _BAR + 16, "axis") for value in thresholds]
    for face in verdict.faces:
        x = _x(display_probability(face.probability_fake))
        points = f"{x:.1f},{_TOP} {x - 7:.1f},{_TOP - 12} {x + 7:.1f},{_TOP - 12}"
        parts.append(element("polygon", points=points, class_="dot"))
    if verdict.probability_fake is not None:
        x = min(max(_x(display_probability(verdict.probability_fake)), 70.0), _WIDTH - 70.0)
        parts.append(_text(f"{format_probability(verdict.probability_fake)} fake", x, _TOP - 18, "heading"))
    description = "A bar from 0 to 100 % probability of fake, divided at the thresholds, with a mark for each face."
    return svg_figure("Probability of fake", description, _WIDTH, _HEIGHT, parts)


def _segment(start: float, end: float, label: str) -> Iterator[Markup]:
    """The part of the bar with one label, named where there is room for the word."""
    width = f"{_SPAN * (end - start):.1f}"
    yield element("rect", x=f"{_x(start):.1f}", y=_TOP, width=width, height=_BAR, class_=f"bar tone-{label}")
    if end - start > 0.06:
        yield _text(label, _x((start + end) / 2), _TOP + 14, "cell")


def _x(probability: float) -> float:
    return _LEFT + _SPAN * probability


def _text(text: str, x: float, y: float, kind: str) -> Markup:
    return element("text", text, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor="middle", class_=kind)


def spectrum_chart(signal: Signal) -> Markup:
    """Power by frequency, the range of real photographs, and the strongest peak where it is unusual."""
    usual = reference_ranges()
    rings = np.array(signal.details["rings_db"])
    frequency = (np.arange(len(rings)) + 0.5) / len(rings) / 2
    low, high = np.array(usual.spectrum_low), np.array(usual.spectrum_high)
    values = np.concatenate([rings, low, high])
    marks = [
        Line(frequency, low, dashed=True, tone="none"),
        Line(frequency, high, "98 % of real photographs", dashed=True, tone="none", at=0.72),
        Line(frequency, rings, "this picture", at=0.3),
    ]
    if signal.details["peak_db"] > usual.peak:
        place = float(np.hypot(*signal.details["peak_at"]))
        height = float(np.interp(place, frequency, rings)) + signal.details["peak_db"]
        marks.append(Line(np.array([place]), np.array([height]), "peak", tone="fake", dots=True))
        values = np.append(values, height)
    y = Axis("power, dB", float(values.min()) - 2, float(values.max()) + 4, percent=False)
    x = Axis("frequency, cycles per pixel", 0.0, 0.5, percent=False)
    return draw("Power spectrum", signal.reading, x, y, marks)
