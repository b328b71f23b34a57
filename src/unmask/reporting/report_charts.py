"""The two charts of a report: the score on its scale, and the spectrum in its band."""

from __future__ import annotations

import numpy as np

from unmask.html.charts import Axis, Line, draw, svg_figure
from unmask.html.markup import Markup, element
from unmask.signals import Signal
from unmask.signals.reference import reference
from unmask.verdict import Verdict, display_probability

_WIDTH, _HEIGHT, _LEFT, _TOP, _BAR = 640, 118, 20, 64, 20


def score_scale(verdict: Verdict) -> Markup:
    """The three stretches of the scale and where each face lies on it."""
    span = _WIDTH - 2 * _LEFT

    def at(probability: float) -> float:
        return _LEFT + span * probability

    low, high = verdict.thresholds.real_below, verdict.thresholds.fake_above
    parts: list[Markup] = []
    for start, end, tone, word in (
        (0.0, low, "real", "real"),
        (low, high, "unsure", "unsure"),
        (high, 1.0, "fake", "fake"),
    ):
        parts.append(
            element(
                "rect",
                x=f"{at(start):.1f}",
                y=_TOP,
                width=f"{span * (end - start):.1f}",
                height=_BAR,
                class_=f"bar tone-{tone}",
            )
        )
        if end - start > 0.06:
            parts.append(_word(word, at((start + end) / 2), _TOP + 14, "cell"))
    limits = (low, high) if verdict.thresholds.allows_real else (high,)
    parts += [_word(f"{value:.1%}", at(value), _TOP + _BAR + 16, "axis") for value in limits]
    for face in verdict.faces:
        x = at(display_probability(face.probability_fake))
        parts.append(
            element("polygon", points=f"{x:.1f},{_TOP} {x - 7:.1f},{_TOP - 12} {x + 7:.1f},{_TOP - 12}", class_="dot")
        )
    if verdict.probability_fake is not None:
        x = min(max(at(display_probability(verdict.probability_fake)), 70.0), _WIDTH - 70.0)
        parts.append(_word(f"{display_probability(verdict.probability_fake):.1%} fake", x, _TOP - 18, "heading"))
    description = "A bar from 0 to 100 % probability of fake, cut at the thresholds, with a mark for each face."
    return svg_figure("Probability of fake", description, _WIDTH, _HEIGHT, parts)


def _word(text: str, x: float, y: float, kind: str) -> Markup:
    return element("text", text, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor="middle", class_=kind)


def spectrum_chart(signal: Signal) -> Markup:
    """Power by frequency against the band of real photographs, the strongest peak marked."""
    usual = reference()
    rings = np.array(signal.details["rings_db"])
    frequency = (np.arange(len(rings)) + 0.5) / len(rings) / 2
    low, high = np.array(usual.spectrum_low), np.array(usual.spectrum_high)
    everything = np.concatenate([rings, low, high])
    marks = [
        Line(frequency, low, dashed=True, tone="none"),
        Line(frequency, high, "98 % of real photographs", dashed=True, tone="none", at=0.72),
        Line(frequency, rings, "this picture", at=0.3),
    ]
    if signal.details["peak_db"] > usual.peak:
        place = float(np.hypot(*signal.details["peak_at"]))
        height = float(np.interp(place, frequency, rings)) + signal.details["peak_db"]
        marks.append(Line(np.array([place]), np.array([height]), "peak", tone="fake", dots=True))
        everything = np.append(everything, height)
    y = Axis("power, dB", float(everything.min()) - 2, float(everything.max()) + 4, percent=False)
    x = Axis("frequency, cycles per pixel", 0.0, 0.5, percent=False)
    return draw("Power spectrum", signal.reading, x, y, marks)
