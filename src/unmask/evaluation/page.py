"""HTML page of an evaluation: metrics by tier and source, curves, and the worst errors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import isnan
from typing import TYPE_CHECKING

import numpy as np

from unmask.datasets import LabeledImage
from unmask.datasets.auc import Interval
from unmask.datasets.thumbnails import item_thumbnail
from unmask.evaluation.charts import (
    TIER_TONES,
    calibration_chart,
    confusion_chart,
    coverage_chart,
    precision_chart,
    robustness_charts,
    roc_chart,
    score_chart,
)
from unmask.evaluation.inference import worst_errors
from unmask.evaluation.training_curves import History, training_curves
from unmask.html.charts import Axis
from unmask.html.forest_plot import ForestRow, forest_plot
from unmask.html.page import (
    Markup,
    chart,
    charts,
    definition_list,
    element,
    gallery,
    gallery_cell,
    label_badge,
    notice,
    page,
    section,
    table,
    tiles,
)
from unmask.verdict import Failure, Label, Verdict, display_probability

if TYPE_CHECKING:
    from unmask.evaluation.evaluation import Evaluation, Subset, Tier

_MAX_EXAMPLES = 12
FEW = 100
"""Pictures of a class below which the page calls its curves coarse."""
_TIER_DESCRIPTIONS = {
    "clean": "original file",
    "web": "longer side at most 768 px, JPEG quality 60",
    "hard": "half the size (at most 512 px), JPEG quality 40",
}
_COLUMNS = {
    "auc": "AUC",
    "accuracy": "accuracy",
    "false_alarms": "false alarms",
    "misses": "misses",
    "coverage": "coverage",
    "sure_accuracy": "sure accuracy",
    "ece": "ECE",
}
_METRIC_NAMES = {
    "auc": "ROC-AUC",
    "average_precision": "average precision (fake)",
    "eer": "equal error rate",
    "tpr_at_1pct_fpr": "true positive rate at 1 % false positive rate",
    "accuracy": "accuracy at 0.5",
    "balanced_accuracy": "balanced accuracy",
    "precision_real": "precision, real",
    "recall_real": "recall, real",
    "f1_real": "F1, real",
    "precision_fake": "precision, fake",
    "recall_fake": "recall, fake",
    "f1_fake": "F1, fake",
    "coverage": "coverage: share of pictures with the verdict real or fake",
    "sure_accuracy": "sure accuracy: accuracy of the verdicts real and fake",
    "false_alarms": "false alarms: real pictures with the verdict fake",
    "misses": "misses: fakes with the verdict real",
    "ece": "expected calibration error (ECE, 15 bins of equal weight)",
    "brier": "Brier score",
    "aurc": "area under the risk-coverage curve (AURC)",
}

_NOT_SHARES = ("auc", "ece", "brier", "average_precision", "aurc")
"""Metrics that are not shares of images, and are shown without %."""


def evaluation_page(evaluation: Evaluation, history: History = ()) -> str:
    """The evaluation, and the training curves of a history, as one HTML document that loads nothing."""
    first = next(iter(evaluation.tiers.values()))
    dataset, model = evaluation.dataset, evaluation.model
    counts = first.all.counts()
    lead = (
        f"{model.name} {model.version} on {len(dataset):,} pictures of {dataset.name}: {counts['n_real']:,} real, "
        f"{counts['n_fake']:,} fake. Each value is shown with its 95\N{NO-BREAK SPACE}% confidence interval."
    )
    return page(
        f"Evaluation of {model.name}",
        _summary(evaluation, first),
        _by_source(evaluation),
        _curves(evaluation, first),
        _verdicts(first),
        training_curves(history),
        _subsets(first),
        _robustness(evaluation),
        _errors(first),
        _all_metrics(evaluation),
        _method(evaluation),
        lead=lead,
    )


def _summary(evaluation: Evaluation, first: Tier) -> Markup:
    metrics = first.all.metrics
    entries = [
        (title, _value(name, metrics[name]), _limits(name, metrics[name]))
        for name, title in (
            ("accuracy", "accuracy: correct at 50\N{NO-BREAK SPACE}%"),
            ("auc", "AUC: ranks fakes above real"),
            ("false_alarms", "real pictures called fake"),
            ("misses", "fakes called real"),
            ("coverage", "verdicts real or fake"),
            ("sure_accuracy", "of these, correct"),
        )
    ]
    rows = ([name, _TIER_DESCRIPTIONS[name], *_cells(tier.all, _COLUMNS)] for name, tier in evaluation.tiers.items())
    learned = evaluation.overlap.message if evaluation.overlap else ""
    counts = first.all.counts()
    missing = counts["no_face"] + counts["problems"]
    remark = (
        f"No face was found in {counts['no_face']:,} pictures, and {counts['problems']:,} could not be read. "
        "They count as wrong and as not covered."
    )
    return section(
        "Summary",
        tiles(entries),
        charts(confusion_chart(first.predictions.sample)),
        notice(element("p", f"{learned}."), tone="unsure") if learned else None,
        notice(element("p", remark), tone="unsure") if missing else None,
        table(["tier", "pictures", *_COLUMNS.values()], rows, caption="All pictures, by tier", numbers=len(_COLUMNS)),
    )


def _by_source(evaluation: Evaluation) -> Markup | None:
    first = next(iter(evaluation.tiers.values()))
    if len(first.sources) < 2:
        return None
    tones = dict(zip(evaluation.tiers, TIER_TONES, strict=False))
    rows = [
        _forest_row(f"{source}, {name}", tier.sources[source].metrics["auc"], tones[name])
        for source in first.sources
        for name, tier in evaluation.tiers.items()
    ]
    drawn = forest_plot(
        "AUC by source and tier", _description(rows), Axis("AUC; 0.5 is chance", 0.5, 1.0, percent=False), rows
    )
    cells = ([name, *_sizes(subset), *_cells(subset, _COLUMNS)] for name, subset in first.sources.items())
    return section(
        "By source",
        chart(drawn, "Dot: AUC. Bar: 95 % interval.", wide=True),
        table(
            ["source", "real", "fake", *_COLUMNS.values()],
            cells,
            caption=f"Tier {next(iter(evaluation.tiers))}, by source",
            numbers=9,
        ),
        note="A model can fail on one source while the mean over all sources is good.",
    )


def _curves(evaluation: Evaluation, first: Tier) -> Markup:
    samples = {name: tier.predictions.sample for name, tier in evaluation.tiers.items()}
    both = len(set(first.predictions.dataset.labels.tolist())) == 2
    drawn = [roc_chart(samples), precision_chart(samples)] if both else []
    thresholds = next((r.thresholds for r in first.predictions.results if isinstance(r, Verdict)), None)
    drawn += [score_chart(first.predictions.sample, thresholds)]
    drawn += [calibration_chart(first.predictions.sample)] if both else []
    drawn += [coverage_chart(samples)]
    return section("Curves", charts(*drawn), note=_small_sample(first))


def _small_sample(first: Tier) -> str | None:
    """A remark on curves of few pictures."""
    counts = first.all.counts()
    if min(counts["n_real"], counts["n_fake"]) >= FEW:
        return None
    return (
        f"Only {counts['n_real']:,} real and {counts['n_fake']:,} fake pictures: single pictures make the steps of the "
        "curves. Read the intervals in the tables instead."
    )


def _verdicts(first: Tier) -> Markup:
    """Number of verdicts by true class."""
    counts = Counter(
        (item.label, result.label if isinstance(result, Verdict) else "unreadable")
        for item, result in zip(first.predictions.dataset, first.predictions.results, strict=True)
    )
    labels = (*Label, "unreadable")
    rows = ([true, *(f"{counts[true, label]:,}" for label in labels)] for true in ("real", "fake"))
    head = ["true class", *(label.replace("_", " ") for label in labels)]
    caption = "Number of pictures by true class and verdict; unsure means a score between the two thresholds"
    return section("Verdicts", table(head, rows, caption=caption, numbers=len(labels)))


def _subsets(first: Tier) -> Markup:
    tables = []
    for title, name, subsets in (
        ("Fakes of each generator, with the real pictures of the same source", "generator", first.generators),
        ("By the longer side of the largest face", "face size", first.face_sizes),
    ):
        if subsets:
            rows = ([each, *_sizes(subset), *_cells(subset, _COLUMNS)] for each, subset in subsets.items())
            tables.append(table([name, "real", "fake", *_COLUMNS.values()], rows, caption=title, numbers=9))
    return section("By generator and face size", *tables)


def _robustness(evaluation: Evaluation) -> Markup | None:
    if evaluation.robustness is None:
        return None
    return section(
        "Robustness",
        charts(*robustness_charts(evaluation.robustness)),
        note=f"The same {evaluation.robustness.pictures:,} pictures after each degradation.",
    )


def _errors(first: Tier) -> Markup:
    parts: list[Markup] = []
    for label, words in (("real", "Real pictures scored as fake"), ("fake", "Fakes scored as real")):
        wrong = worst_errors(first.predictions, label, _MAX_EXAMPLES)
        parts.append(element("h3", f"{words}, largest error first" if wrong else f"{words}: none"))
        parts.append(gallery(_shots(wrong)))
    missing = [
        (item, result)
        for item, result in zip(first.predictions.dataset, first.predictions.results, strict=True)
        if isinstance(result, Failure) or result.label is Label.NO_FACE
    ]
    if missing:
        parts.append(element("h3", f"No score: {len(missing):,}"))
        parts.append(gallery(_missing(missing[:_MAX_EXAMPLES])))
    return section("Errors", *parts, note="Look at these pictures: they also reveal wrong labels and bad crops.")


def _shots(wrong: Sequence[tuple[LabeledImage, Verdict]]) -> Iterator[Markup]:
    for item, verdict in wrong:
        probability = f" {display_probability(verdict.probability_fake or 0.0):.1%} fake"
        origin = element("span", f"{item.source}{f', {item.generator}' if item.generator else ''}", class_="name")
        yield gallery_cell([item_thumbnail(item)], label_badge(verdict.label), probability, origin, name=item.name)


def _missing(pictures: Sequence[tuple[LabeledImage, Verdict | Failure]]) -> Iterator[Markup]:
    for item, result in pictures:
        words = result.message if isinstance(result, Failure) else f"no face found; true class {item.label}"
        yield gallery_cell([item_thumbnail(item)], words, name=item.name)


def _all_metrics(evaluation: Evaluation) -> Markup:
    rows = (
        [words, *(_cell(name, tier.all.metrics[name]) for tier in evaluation.tiers.values())]
        for name, words in _METRIC_NAMES.items()
    )
    columns = ["metric", *evaluation.tiers]
    return section("All metrics", table(columns, rows, caption="All pictures", numbers=len(evaluation.tiers)))


def _method(evaluation: Evaluation) -> Markup:
    model, dataset = evaluation.model, evaluation.dataset
    options = evaluation.options
    return section(
        "Method",
        element(
            "p",
            "Every picture was processed as by unmask detect. A picture without a score counts as wrong in accuracy, "
            "as not covered, and as 0.5 in rankings; no picture is left out. Intervals are percentiles of 1,000 "
            "bootstrap resamples of whole groups, so the frames of one video count as one observation.",
        ),
        definition_list(
            {
                "model": f"{model.name} {model.version}",
                "model sha256": element("code", model.sha256),
                "pictures": f"{len(dataset):,} of {dataset.name}, {len(set(dataset.groups.tolist())):,} groups",
                "splits": ", ".join(split or "unsplit" for split in dataset.splits),
                "manifest sha256": element("code", dataset.sha256),
                "stability probe": "on" if options.stability else "off",
                "without a face": "whole picture scored" if options.whole_picture else "no score",
            }
        ),
    )


def _sizes(subset: Subset) -> tuple[str, str]:
    counts = subset.counts()
    return f"{counts['n_real']:,}", f"{counts['n_fake']:,}"


def _cells(subset: Subset, columns: Mapping[str, str]) -> Iterator[Markup]:
    return (_cell(name, subset.metrics[name]) for name in columns)


def _cell(name: str, interval: Interval) -> Markup:
    value, limits = _value(name, interval), _limits(name, interval)
    return element("span", value, element("br") if limits else None, element("small", limits))


def _value(name: str, interval: Interval) -> str:
    if np.isnan(interval.value):
        return "–"
    return f"{interval.value:.3f}" if name in _NOT_SHARES else f"{interval.value:.1%}"


def _limits(name: str, interval: Interval) -> str:
    low, high = (_value(name, Interval(limit, 0, 0)) for limit in (interval.low, interval.high))
    return "" if np.isnan(interval.low) else f"{low} – {high}"


def _forest_row(name: str, auc: Interval, tone: str) -> ForestRow:
    return ForestRow(name, auc.value, auc.low, auc.high, tone)


def _description(rows: Sequence[ForestRow]) -> str:
    return "; ".join(f"{row.name} {'–' if isnan(row.value) else f'{row.value:.3f}'}" for row in rows)
