"""A drift report as an HTML page with small charts; it loads nothing."""

from __future__ import annotations

import numpy as np

from unmask.drift.report import DriftReport, FeatureTest
from unmask.html.charts import Axis, Bars, draw
from unmask.html.markup import Markup
from unmask.html.page import Child, badge, chart, charts, notice, page, section, table

BINS = 20
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
        section("Scores", charts(*(chart(_scores(report, name)) for name in ("reference", *report.periods)))),
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


def _scores(report: DriftReport, name: str) -> Markup:
    """The distribution of the scores of one period."""
    features = report.reference if name == "reference" else report.periods[name]
    values = features.numbers["score"]
    edges = np.linspace(0, 1, BINS + 1)
    heights = np.histogram(values, edges)[0] / max(1, len(values))
    top = Axis("share of pictures", 0.0, max(0.05, float(heights.max()) * 1.15))
    title = f"{name}: {features.count:,} pictures"
    return draw(title, f"Distribution of the scores, {name}.", Axis("probability of fake"), top, [Bars(edges, heights)])
