"""The charts of a report: the score between its thresholds, and the spectrum in its usual range."""

from __future__ import annotations

import numpy as np

from unmask.headline import Headline, format_probability
from unmask.html.charts import Axis, Line, draw, svg_figure
from unmask.html.markup import Markup, element
from unmask.signals import Signal
from unmask.signals.reference import reference_ranges

_WIDTH, _HEIGHT, _LEFT, _TOP, _BAR = 640, 112, 24, 58, 26
_SPAN = _WIDTH - 2 * _LEFT


def score_scale(headline: Headline) -> Markup:
    """A bar with a zone for each label, the thresholds below it, and marks for the faces and their re-encodings."""
    middle = _TOP + _BAR / 2
    parts: list[Markup] = []
    for zone in headline.scale.zones:
        width = f"{_SPAN * (zone.end - zone.start):.1f}"
        tone = f"zone tone-{zone.label}"
        parts.append(element("rect", x=f"{_x(zone.start):.1f}", y=_TOP, width=width, height=_BAR, class_=tone))
        parts.append(_text(str(zone.label), _x((zone.start + zone.end) / 2), middle + 4.5, f"cell tone-{zone.label}"))
    for place, probability in headline.scale.thresholds:
        x = f"{_x(place):.1f}"
        parts.append(element("line", x1=x, x2=x, y1=_TOP - 3, y2=_TOP + _BAR + 6, class_="frame"))
        parts.append(_text(f"{probability:.1%}", _x(place), _TOP + _BAR + 20, "axis"))
    parts += [_text(words, _x(place), _TOP + _BAR + 20, None) for words, place in (("0%", 0.0), ("100%", 1.0))]
    if headline.spread:
        low, high = (f"{_x(place):.1f}" for place in headline.spread)
        y = f"{_TOP - 3}"
        parts.append(element("line", x1=low, x2=high, y1=y, y2=y, class_="mark"))
    if len(headline.face_positions) > 1:
        parts += [
            element("circle", cx=f"{_x(place):.1f}", cy=f"{_TOP + _BAR - 5}", r=3, class_="ink")
            for place in headline.face_positions
        ]
    if headline.position is not None and headline.probability_fake is not None:
        place = _x(headline.position)
        points = f"{place:.1f},{_TOP + 1} {place - 8:.1f},{_TOP - 14} {place + 8:.1f},{_TOP - 14}"
        parts.append(element("polygon", points=points, class_="ink"))
        words = f"{format_probability(headline.probability_fake)} fake"
        parts.append(_text(words, min(max(place, 40.0), _WIDTH - 40.0), _TOP - 20, "heading"))
    description = (
        f"{headline.title}: {headline.detail}. A bar with one zone of equal width for each label, the thresholds "
        "between them, and a mark for the score."
    )
    return svg_figure("Probability of fake", description, _WIDTH, _HEIGHT, parts)


def _x(place: float) -> float:
    return _LEFT + _SPAN * place


def _text(text: str, x: float, y: float, kind: str | None) -> Markup:
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
