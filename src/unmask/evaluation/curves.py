"""The curves of an evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from unmask.evaluation.degrading import UNTOUCHED, Degradation
from unmask.evaluation.metrics import Curve, Floats, Sample, area_under_risk, confusion, reliability, risk_coverage
from unmask.evaluation.robustness import AXES, QUALITIES, SCALES, Robustness
from unmask.html.charts import Axis, Band, Bars, Line, Mark, draw
from unmask.html.heatmap import HeatmapCell, heatmap
from unmask.html.page import Markup, chart
from unmask.verdict import Thresholds

TIER_TONES = ("one", "two", "three")
"""Colours of the tiers, in their order."""
_DIAGONAL = np.array([0.0, 1.0])


def _curve(sample: Sample) -> Curve:
    return Curve.of(sample.labels, sample.scores, np.ones((1, len(sample.labels))))


def roc_chart(samples: Mapping[str, Sample]) -> Markup:
    """Fakes found against false alarms, one line per tier."""
    marks: list[Mark] = [Line(_DIAGONAL, _DIAGONAL, "chance", "none", dashed=True, at=1.0)]
    areas = []
    for number, (name, sample) in enumerate(samples.items()):
        curve = _curve(sample)
        x, y = np.append(0.0, curve.alarm_rate[0]), np.append(0.0, curve.hit_rate[0])
        marks.append(Line(*_on_grid(x, y), name, TIER_TONES[number], at=0.1 + 0.16 * number))
        areas.append(f"{name} {curve.auc()[0]:.3f}")
    drawn = draw(
        "ROC curve",
        f"Area under the curve: {', '.join(areas)}.",
        Axis("false alarms: real pictures called fake"),
        Axis("fakes found"),
        marks,
    )
    return chart(drawn, f"Area: {', '.join(areas)}.")


def _on_grid(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """A rising staircase at 200 even places, its corners at the left kept dense."""
    places = np.unique(np.concatenate([np.linspace(0, 1, 160), np.geomspace(1e-3, 1, 60)]))
    return places, np.interp(places, x, y)


def precision_chart(samples: Mapping[str, Sample]) -> Markup:
    """Precision of `fake` against its recall, one line per tier."""
    marks: list[Mark] = []
    means = []
    for number, (name, sample) in enumerate(samples.items()):
        curve = _curve(sample)
        marks.append(Line(curve.hit_rate[0], curve.precision[0], name, TIER_TONES[number], at=0.55 + 0.12 * number))
        means.append(f"{name} {curve.average_precision()[0]:.3f}")
    drawn = draw(
        "Precision and recall of fake",
        f"Average precision: {', '.join(means)}.",
        Axis("recall: fakes found"),
        Axis("precision: called fake and fake"),
        marks,
    )
    return chart(drawn, f"Average precision: {', '.join(means)}. It depends on the share of fakes in these pictures.")


def score_chart(sample: Sample, thresholds: Thresholds | None) -> Markup:
    """Where the scores of real and of fake pictures lie, with the unsure band."""
    edges = np.linspace(0, 1, 26)
    shares: dict[str, Floats] = {}
    for number, name in enumerate(("real", "fake")):
        own = sample.probability[(sample.labels == number) & ~np.isnan(sample.probability)]
        shares[name] = np.histogram(own, edges)[0] / max(1, len(own))
    top = max(0.05, *(float(share.max()) for share in shares.values())) * 1.12
    marks: list[Mark] = [Bars(edges, share, name, name) for name, share in shares.items()]
    if thresholds:
        marks.insert(0, Band(thresholds.real_below, thresholds.fake_above, "unsure"))
    drawn = draw(
        "Scores of real and fake pictures",
        "Histograms of the probability of fake, one for each true class.",
        Axis("probability of fake"),
        Axis("share of the class", 0.0, top),
        marks,
    )
    return chart(drawn, "The further apart the two, the better. Thresholds shown are those for one face.")


def calibration_chart(sample: Sample) -> Markup:
    """What was said against what was true."""
    mass, said, true = reliability(sample.labels, sample.probability, np.ones((1, len(sample.labels))))
    error = float(np.nansum(mass * np.abs(said - true)))
    marks: list[Mark] = [
        Line(_DIAGONAL, _DIAGONAL, "perfect", "none", dashed=True, at=0.0),
        Line(said[0], true[0], "observed", "one", dots=True, at=0.6),
    ]
    drawn = draw(
        "Calibration",
        f"Mean predicted probability against the share of fakes in 15 bins of equal mass; error {error:.3f}.",
        Axis("probability of fake that was said"),
        Axis("share that was fake"),
        marks,
    )
    return chart(drawn, f"On the line, 70 % means 7 of 10. Expected calibration error {error:.3f}.")


def coverage_chart(samples: Mapping[str, Sample]) -> Markup:
    """The share of wrong answers when only the most certain pictures are answered."""
    marks: list[Mark] = []
    areas = []
    top = 0.05
    for number, (name, sample) in enumerate(samples.items()):
        coverage, risk = (rows[0] for rows in risk_coverage(sample))
        areas.append(f"{name} {area_under_risk(sample, np.ones((1, len(sample.labels))))[0]:.3f}")
        steady = coverage >= min(1.0, 20 / len(sample.labels))
        marks.append(Line(coverage[steady], risk[steady], name, TIER_TONES[number], at=0.95 - 0.2 * number))
        top = max(top, float(risk[steady].max(initial=0)) * 1.15)
    drawn = draw(
        "Risk and coverage",
        f"Share of wrong answers among the pictures answered, the most certain first. Area: {', '.join(areas)}.",
        Axis("coverage: share of pictures answered"),
        Axis("risk: share of answers that are wrong", 0.0, top),
        marks,
    )
    words = "A model that knows when it does not know rises only at the right. Area under the curve (AURC)"
    return chart(drawn, f"{words}: {', '.join(areas)}; lower is better.")


def confusion_chart(sample: Sample) -> Markup:
    """True classes against answers."""
    rows = confusion(sample)
    totals = {true: max(1, sum(answers.values())) for true, answers in rows.items()}
    cells = [
        [HeatmapCell(count / totals[true], f"{count:,}", f"{count / totals[true]:.1%}") for count in answers.values()]
        for true, answers in rows.items()
    ]
    answers = [answer.replace("_", " ") for answer in rows["real"]]
    spoken = "; ".join(f"{true} answered {answer}: {n}" for true, row in rows.items() for answer, n in row.items())
    drawn = heatmap(
        "Confusion matrix", spoken, ("answer (the likelier class)", answers), ("true class", list(rows)), cells
    )
    return chart(drawn, "Percentages are of the true class, so of each row.")


def robustness_charts(robustness: Robustness) -> Iterator[Markup]:
    """The grid of sizes and qualities, and the two axes."""
    auc = {how: found["auc"] for how, found in robustness.cells.items()}
    rows = [[auc[Degradation(scale=scale, jpeg=quality)].value for quality in QUALITIES] for scale in SCALES]
    drawn = heatmap(
        "AUC after scaling and compression",
        f"From {np.nanmin(rows):.3f} to {np.nanmax(rows):.3f}.",
        ("JPEG quality", [f"q{quality}" if quality else "not saved" for quality in QUALITIES]),
        ("size", [f"{scale:.0%}" for scale in SCALES]),
        [[HeatmapCell(2 * (1 - value), f"{value:.3f}") for value in row] for row in rows],
    )
    yield chart(drawn, "Scaled first, compressed after; the darker, the nearer to chance.")
    for name, field, unit in (
        ("blur", "blur", "radius (standard deviation) in px"),
        ("noise", "noise", "standard deviation"),
    ):
        levels = [UNTOUCHED, *(how for how in AXES if getattr(how, field))]
        x = np.array([float(getattr(how, field)) for how in levels])
        found = [auc[how] for how in levels]
        marks: list[Mark] = [
            Line(x, np.array([each.low for each in found]), "", "one", dashed=True),
            Line(x, np.array([each.high for each in found]), "", "one", dashed=True),
            Line(x, np.array([each.value for each in found]), "AUC", "one", dots=True, at=0.6),
        ]
        axes = (
            Axis(f"{name}: {unit}", 0.0, float(x.max()), list(x), percent=False),
            Axis("AUC", 0.4, 1.0, percent=False),
        )
        spoken = ", ".join(f"{level:g}: {each.value:.3f}" for level, each in zip(x, found, strict=True))
        yield chart(draw(f"AUC under {name}", spoken, *axes, marks), "Dashed: the 95 % interval.")
