"""Charts of an evaluation: ROC, precision-recall, scores, calibration, risk-coverage, confusion, robustness."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from unmask.evaluation.degradations import NO_DEGRADATION, Degradation
from unmask.evaluation.metrics import Floats, Sample, confusion
from unmask.evaluation.reliability import reliability
from unmask.evaluation.risk_coverage import area_under_risk_coverage, risk_coverage
from unmask.evaluation.robustness import AXES, QUALITIES, SCALES, Robustness
from unmask.evaluation.roc import RocCurve
from unmask.html.charts import Axis, Band, Bars, Line, Mark, draw
from unmask.html.heatmap import HeatmapCell, heatmap
from unmask.html.page import Markup, chart
from unmask.verdict import Thresholds

TIER_TONES = ("one", "two", "three")
"""Colors of the tiers, in their order."""
_DIAGONAL = np.array([0.0, 1.0])


def _curve(sample: Sample) -> RocCurve:
    return RocCurve.of(sample.labels, sample.scores, np.ones((1, len(sample.labels))))


def roc_chart(samples: Mapping[str, Sample]) -> Markup:
    """True positive rate against false positive rate, one line per tier."""
    marks: list[Mark] = [Line(_DIAGONAL, _DIAGONAL, "chance", "none", dashed=True, at=1.0)]
    areas = []
    for number, (name, sample) in enumerate(samples.items()):
        curve = _curve(sample)
        x, y = np.append(0.0, curve.fpr[0]), np.append(0.0, curve.tpr[0])
        marks.append(Line(*_on_grid(x, y), name, TIER_TONES[number], at=0.1 + 0.16 * number))
        areas.append(f"{name} {curve.auc()[0]:.3f}")
    drawn = draw(
        "ROC curve",
        f"Area under the curve: {', '.join(areas)}.",
        Axis("false positive rate: real pictures called fake"),
        Axis("true positive rate: fakes called fake"),
        marks,
    )
    return chart(drawn, f"Area: {', '.join(areas)}.")


def _on_grid(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """The curve at about 200 x positions, denser near 0."""
    positions = np.unique(np.concatenate([np.linspace(0, 1, 160), np.geomspace(1e-3, 1, 60)]))
    return positions, np.interp(positions, x, y)


def precision_chart(samples: Mapping[str, Sample]) -> Markup:
    """Precision of `fake` against its recall, one line per tier."""
    marks: list[Mark] = []
    means = []
    for number, (name, sample) in enumerate(samples.items()):
        curve = _curve(sample)
        marks.append(Line(curve.tpr[0], curve.precision[0], name, TIER_TONES[number], at=0.55 + 0.12 * number))
        means.append(f"{name} {curve.average_precision()[0]:.3f}")
    drawn = draw(
        "Precision and recall of fake",
        f"Average precision: {', '.join(means)}.",
        Axis("recall: share of fakes called fake"),
        Axis("precision: share of fakes among those called fake"),
        marks,
    )
    return chart(drawn, f"Average precision: {', '.join(means)}. It depends on the share of fakes in this dataset.")


def score_chart(sample: Sample, thresholds: Thresholds | None) -> Markup:
    """Histograms of the scores of real and fake images, with the unsure band."""
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
    return chart(drawn, "Less overlap is better. The band lies between the thresholds for one face.")


def calibration_chart(sample: Sample) -> Markup:
    """Reliability diagram."""
    mass, predicted, observed = reliability(sample.labels, sample.probability, np.ones((1, len(sample.labels))))
    error = float(np.nansum(mass * np.abs(predicted - observed)))
    marks: list[Mark] = [
        Line(_DIAGONAL, _DIAGONAL, "perfect", "none", dashed=True, at=0.0),
        Line(predicted[0], observed[0], "observed", "one", dots=True, at=0.6),
    ]
    drawn = draw(
        "Calibration",
        f"Mean predicted probability against the share of fakes in 15 bins of equal weight; error {error:.3f}.",
        Axis("predicted probability of fake"),
        Axis("observed share of fakes"),
        marks,
    )
    return chart(
        drawn,
        f"On the diagonal, 7 of 10 pictures with a score of 70 % are fake. Expected calibration error {error:.3f}.",
    )


def coverage_chart(samples: Mapping[str, Sample]) -> Markup:
    """Error rate among the most certain predictions, against their share."""
    marks: list[Mark] = []
    areas = []
    top = 0.05
    for number, (name, sample) in enumerate(samples.items()):
        coverage, risk = (rows[0] for rows in risk_coverage(sample.labels, sample.probability))
        weights = np.ones((1, len(sample.labels)))
        area = area_under_risk_coverage(sample.labels, sample.probability, weights)[0]
        areas.append(f"{name} {area:.3f}")
        steady = coverage >= min(1.0, 20 / len(sample.labels))
        marks.append(Line(coverage[steady], risk[steady], name, TIER_TONES[number], at=0.95 - 0.2 * number))
        top = max(top, float(risk[steady].max(initial=0)) * 1.15)
    drawn = draw(
        "Risk and coverage",
        f"Error rate among the accepted predictions, most certain first. Area: {', '.join(areas)}.",
        Axis("coverage: share of accepted predictions"),
        Axis("risk: error rate of the accepted predictions", 0.0, top),
        marks,
    )
    return chart(drawn, f"Area under the curve (AURC): {', '.join(areas)}; lower is better.")


def confusion_chart(sample: Sample) -> Markup:
    """Confusion matrix at threshold 0.5."""
    rows = confusion(sample)
    totals = {true: max(1, sum(counts.values())) for true, counts in rows.items()}
    cells = [
        [HeatmapCell(count / totals[true], f"{count:,}", f"{count / totals[true]:.1%}") for count in counts.values()]
        for true, counts in rows.items()
    ]
    predicted = [name.replace("_", " ") for name in rows["real"]]
    description = "; ".join(f"{true} predicted {name}: {n}" for true, row in rows.items() for name, n in row.items())
    drawn = heatmap("Confusion matrix", description, ("predicted class", predicted), ("true class", list(rows)), cells)
    return chart(drawn, "Percentages are shares of the true class (row).")


def robustness_charts(robustness: Robustness) -> Iterator[Markup]:
    """AUC by size and JPEG quality, and under blur and noise."""
    auc = {degradation: metrics["auc"] for degradation, metrics in robustness.cells.items()}
    rows = [[auc[Degradation(scale=scale, jpeg=quality)].value for quality in QUALITIES] for scale in SCALES]
    drawn = heatmap(
        "AUC after scaling and compression",
        f"From {np.nanmin(rows):.3f} to {np.nanmax(rows):.3f}.",
        ("JPEG quality", [f"q{quality}" if quality else "none" for quality in QUALITIES]),
        ("size", [f"{scale:.0%}" for scale in SCALES]),
        [[HeatmapCell(2 * (1 - value), f"{value:.3f}") for value in row] for row in rows],
    )
    yield chart(drawn, "Pictures are scaled, then compressed. Darker cells are closer to chance.")
    for name, field, unit in (
        ("blur", "blur", "radius (standard deviation) in px"),
        ("noise", "noise", "standard deviation"),
    ):
        levels = [NO_DEGRADATION, *(each for each in AXES if getattr(each, field))]
        x = np.array([float(getattr(each, field)) for each in levels])
        found = [auc[each] for each in levels]
        marks: list[Mark] = [
            Line(x, np.array([each.low for each in found]), "", "one", dashed=True),
            Line(x, np.array([each.high for each in found]), "", "one", dashed=True),
            Line(x, np.array([each.value for each in found]), "AUC", "one", dots=True, at=0.6),
        ]
        axes = (
            Axis(f"{name}: {unit}", 0.0, float(x.max()), list(x), percent=False),
            Axis("AUC", 0.4, 1.0, percent=False),
        )
        description = ", ".join(f"{level:g}: {each.value:.3f}" for level, each in zip(x, found, strict=True))
        yield chart(draw(f"AUC under {name}", description, *axes, marks), "Dashed: 95 % interval.")
