"""A drift report as an HTML page with small charts; it loads nothing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from unmask.drift.report import DriftReport, FeatureTest
from unmask.drift.stream import Floats, StreamFeatures
from unmask.html.charts import Axis, Bars, draw
from unmask.html.markup import Markup
from unmask.html.page import Child, badge, chart, charts, notice, page, section, table

BINS = 20
NUMBERS = {
    "score": ("Scores", "probability of fake"),
    "face_size": ("Sizes of the largest face", "longer side of the face in pixels"),
    "picture_size": ("Sizes of the pictures", "longer side of the picture in pixels"),
}
"""Heading and axis of each numeric feature."""
HEAD = ("feature", "period", "result", "PSI", "p", "p, adjusted")


def drift_page(report: DriftReport) -> str:
    """Render the page."""
    found = report.drifted
    words = f"{len(found)} of {len(report.tests)} tests found a change." if found else "No change was found."
    ordered = sorted(report.tests, key=lambda test: (not test.drifted, test.p_value))
    return page(
        "Drift",
        notice(words, tone="fake" if found else "real"),
        section("Tests", table(HEAD, map(_row, ordered), numbers=3)),
        *(_numbers(report, name) for name in NUMBERS if report.reference.numbers[name].size),
        section("Shares", *(_shares(report, name) for name in report.reference.categories)),
        lead=f"Periods compared with a reference of {report.reference.count:,} pictures. "
        f"Level {report.alpha:g} for all tests together; smallest PSI {report.min_psi:g}.",
    )


def _row(test: FeatureTest) -> tuple[Child, ...]:
    result = badge("changed", "fake") if test.drifted else badge("no change", "real")
    return (
        test.feature.replace("_", " "),
        test.period,
        result,
        f"{test.psi:.3f}",
        f"{test.p_value:.2g}",
        f"{test.adjusted:.2g}",
    )


def _periods(report: DriftReport) -> dict[str, StreamFeatures]:
    """The features of the reference and of each period, by name."""
    return {"reference": report.reference, **report.periods}


def _numbers(report: DriftReport, name: str) -> Markup:
    """The distribution of a numeric feature in the reference and in each period, on one axis."""
    title, axis = NUMBERS[name]
    periods = _periods(report)
    known = np.concatenate([each.numbers[name] for each in periods.values()])
    is_score = name == "score"
    across = Axis(axis, 0.0, 1.0 if is_score else float(known.max()), percent=is_score)
    drawn = (_distribution(period, each.count, each.numbers[name], across) for period, each in periods.items())
    return section(title, charts(*map(chart, drawn)))


def _distribution(period: str, count: int, values: Floats, across: Axis) -> Markup:
    """The histogram of the values of a numeric feature in a period with `count` pictures."""
    edges = np.linspace(across.low, across.high, BINS + 1)
    heights = np.histogram(values, edges)[0] / max(1, len(values))
    top = Axis("share of pictures", 0.0, max(0.05, float(heights.max()) * 1.15))
    about = f"Distribution: {across.name}, {period}."
    return draw(f"{period}: {count:,} pictures", about, across, top, [Bars(edges, heights)])


def _shares(report: DriftReport, name: str) -> Markup:
    """A table of the shares of each value of a categorical feature, by period."""
    periods = _periods(report)
    counts = [each.categories.get(name, {}) for each in periods.values()]
    values = sorted({value for count in counts for value in count})
    rows = ((value, *(_share(count, value) for count in counts)) for value in values)
    return table((name.replace("_", " "), *periods), rows, numbers=len(periods))


def _share(count: Mapping[str, int], value: str) -> str:
    return f"{count.get(value, 0) / max(1, sum(count.values())):.1%}"
