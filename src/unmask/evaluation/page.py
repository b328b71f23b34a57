"""The page of an evaluation: what a model can do, where it cannot, and the pictures it got most wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import isnan
from typing import TYPE_CHECKING

import numpy as np

from unmask.datasets import LabeledImage
from unmask.datasets.auc import Interval
from unmask.datasets.thumbnails import item_thumbnail
from unmask.evaluation.curves import (
    TIER_TONES,
    calibration_chart,
    confusion_chart,
    coverage_chart,
    precision_chart,
    robustness_charts,
    roc_chart,
    score_chart,
)
from unmask.evaluation.inference import worst
from unmask.html.charts import Axis
from unmask.html.forest_plot import ForestRow, forest_plot
from unmask.html.page import (
    Markup,
    chart,
    charts,
    element,
    facts,
    gallery,
    label_badge,
    notice,
    page,
    section,
    shot,
    table,
    tiles,
)
from unmask.verdict import Failure, Label, Verdict, display_probability

if TYPE_CHECKING:
    from unmask.evaluation.evaluation import Evaluation, Subset, Tier

_WORST = 12
_TIER_WORDS = {
    "clean": "as found",
    "web": "long side at most 768 px, JPEG quality 60",
    "hard": "half the size (at most 512 px), JPEG quality 40",
}
_COLUMNS = {
    "auc": "AUC",
    "accuracy": "accuracy",
    "false_alarms": "false alarms",
    "misses": "misses",
    "coverage": "coverage",
    "sure_accuracy": "sure and right",
    "ece": "ECE",
}
_EVERY = {
    "auc": "ROC-AUC",
    "average_precision": "average precision (fake)",
    "eer": "equal error rate",
    "tpr_at_1pct_fpr": "fakes found at 1 % false alarms",
    "accuracy": "accuracy at 0.5",
    "balanced_accuracy": "balanced accuracy",
    "precision_real": "precision, real",
    "recall_real": "recall, real",
    "f1_real": "F1, real",
    "precision_fake": "precision, fake",
    "recall_fake": "recall, fake",
    "f1_fake": "F1, fake",
    "coverage": "coverage: share of pictures with a sure verdict",
    "sure_accuracy": "accuracy of the sure verdicts",
    "false_alarms": "false alarms: real pictures called fake",
    "misses": "misses: fakes called real",
    "ece": "calibration error (ECE, 15 equal-mass bins)",
    "brier": "Brier score",
    "aurc": "risk averaged over all coverages (AURC)",
}

_PLAIN = ("auc", "ece", "brier", "average_precision", "aurc")
"""Figures that are no shares of pictures."""


def evaluation_page(evaluation: Evaluation) -> str:
    """The whole page as one HTML document that loads nothing."""
    first = next(iter(evaluation.tiers.values()))
    dataset, model = evaluation.dataset, evaluation.model
    counts = first.all.counts()
    lead = (
        f"{model.name} {model.version} judged {len(dataset):,} pictures of {dataset.name}: {counts['n_real']:,} real, "
        f"{counts['n_fake']:,} fake. Figures carry their 95 % interval."
    )
    return page(
        f"How far can {model.name} be trusted?",
        _summary(evaluation, first),
        _by_source(evaluation),
        _curves(evaluation, first),
        _answers(first),
        _cuts(first),
        _robustness(evaluation),
        _mistakes(first),
        _every_figure(evaluation),
        _method(evaluation),
        lead=lead,
    )


def _summary(evaluation: Evaluation, first: Tier) -> Markup:
    figures = first.all.figures
    entries = [
        ("ranks fakes above real (AUC)", _value("auc", figures["auc"]), _limits("auc", figures["auc"])),
        ("real pictures called fake", _value("x", figures["false_alarms"]), _limits("x", figures["false_alarms"])),
        ("fakes called real", _value("x", figures["misses"]), _limits("x", figures["misses"])),
        ("gets a sure verdict", _value("x", figures["coverage"]), _limits("x", figures["coverage"])),
        ("sure verdicts that are right", _value("x", figures["sure_accuracy"]), _limits("x", figures["sure_accuracy"])),
    ]
    rows = ([name, _TIER_WORDS[name], *_cells(tier.all, _COLUMNS)] for name, tier in evaluation.tiers.items())
    counts = first.all.counts()
    unjudged = counts["no_face"] + counts["problems"]
    remark = (
        f"{counts['no_face']:,} pictures had no face that was found and {counts['problems']:,} could not be read. "
        "They count as wrong and as not covered."
    )
    return section(
        "In short",
        tiles(entries),
        notice(element("p", remark), tone="unsure") if unjudged else None,
        table(["tier", "pictures", *_COLUMNS.values()], rows, caption="All pictures, by tier", numbers=len(_COLUMNS)),
    )


def _by_source(evaluation: Evaluation) -> Markup | None:
    first = next(iter(evaluation.tiers.values()))
    if len(first.sources) < 2:
        return None
    tones = dict(zip(evaluation.tiers, TIER_TONES, strict=False))
    rows = [
        _forest_row(f"{source}, {name}", tier.sources[source].figures["auc"], tones[name])
        for source in first.sources
        for name, tier in evaluation.tiers.items()
    ]
    drawn = forest_plot(
        "AUC by source and tier", _spoken(rows), Axis("AUC; 0.5 is chance", 0.5, 1.0, percent=False), rows
    )
    cells = ([name, *_sizes(scope), *_cells(scope, _COLUMNS)] for name, scope in first.sources.items())
    return section(
        "By source",
        chart(drawn, "A dot is the figure, the bar its 95 % interval.", wide=True),
        table(["source", "real", "fake", *_COLUMNS.values()], cells, caption="First tier, by source", numbers=9),
        note="A mean over sources hides the one that fails: each is a world of its own.",
    )


def _curves(evaluation: Evaluation, first: Tier) -> Markup:
    samples = {name: tier.predictions.sample for name, tier in evaluation.tiers.items()}
    both = len(set(first.predictions.dataset.labels.tolist())) == 2
    drawn = [roc_chart(samples), precision_chart(samples)] if both else []
    thresholds = next((r.thresholds for r in first.predictions.results if isinstance(r, Verdict)), None)
    drawn += [score_chart(first.predictions.sample, thresholds)]
    drawn += [calibration_chart(first.predictions.sample)] if both else []
    drawn += [coverage_chart(samples), confusion_chart(first.predictions.sample)]
    return section("Curves", charts(*drawn))


def _answers(first: Tier) -> Markup:
    """The verdicts each class got."""
    said = Counter(
        (item.label, result.label if isinstance(result, Verdict) else "problem")
        for item, result in zip(first.predictions.dataset, first.predictions.results, strict=True)
    )
    labels = (*Label, "problem")
    rows = ([f"truly {true}", *(f"{said[true, label]:,}" for label in labels)] for true in ("real", "fake"))
    head = ["true class", *(label.replace("_", " ") for label in labels)]
    caption = "How many pictures of each class got which verdict; unsure lies between the two thresholds"
    return section("Verdicts as users get them", table(head, rows, caption=caption, numbers=len(labels)))


def _cuts(first: Tier) -> Markup:
    tables = []
    for title, name, scopes in (
        ("Fakes of each generator, beside the real pictures of the same source", "generator", first.generators),
        ("By the long side of the largest face", "face size", first.face_sizes),
    ):
        if scopes:
            rows = ([each, *_sizes(scope), *_cells(scope, _COLUMNS)] for each, scope in scopes.items())
            tables.append(table([name, "real", "fake", *_COLUMNS.values()], rows, caption=title, numbers=9))
    return section("By generator and face size", *tables)


def _robustness(evaluation: Evaluation) -> Markup | None:
    if evaluation.robustness is None:
        return None
    return section(
        "What pictures go through",
        charts(*robustness_charts(evaluation.robustness)),
        note=f"The same {evaluation.robustness.pictures:,} pictures, judged again after each degradation.",
    )


def _mistakes(first: Tier) -> Markup:
    parts: list[Markup] = []
    for label, words in (("real", "Real pictures taken for fakes"), ("fake", "Fakes taken for real")):
        wrong = worst(first.predictions, label, _WORST)
        parts.append(element("h3", f"{words}, the worst first" if wrong else f"{words}: none"))
        parts.append(gallery(_shots(wrong)))
    unjudged = [
        (item, result)
        for item, result in zip(first.predictions.dataset, first.predictions.results, strict=True)
        if isinstance(result, Failure) or result.label is Label.NO_FACE
    ]
    if unjudged:
        parts.append(element("h3", f"Not judged: {len(unjudged):,}"))
        parts.append(gallery(_unjudged(unjudged[:_WORST])))
    return section(
        "Mistakes to learn from", *parts, note="Look at them: wrong labels and odd crops are found here too."
    )


def _shots(wrong: Sequence[tuple[LabeledImage, Verdict]]) -> Iterator[Markup]:
    for item, verdict in wrong:
        probability = f" {display_probability(verdict.probability_fake or 0.0):.1%} fake"
        origin = element("span", f"{item.source}{f', {item.generator}' if item.generator else ''}", class_="name")
        yield shot([item_thumbnail(item)], label_badge(verdict.label), probability, origin, name=item.name)


def _unjudged(pictures: Sequence[tuple[LabeledImage, Verdict | Failure]]) -> Iterator[Markup]:
    for item, result in pictures:
        words = result.message if isinstance(result, Failure) else f"no face found; truly {item.label}"
        yield shot([item_thumbnail(item)], words, name=item.name)


def _every_figure(evaluation: Evaluation) -> Markup:
    rows = (
        [words, *(_cell(name, tier.all.figures[name]) for tier in evaluation.tiers.values())]
        for name, words in _EVERY.items()
    )
    caption = "All pictures"
    return section(
        "Every figure", table(["figure", *evaluation.tiers], rows, caption=caption, numbers=len(evaluation.tiers))
    )


def _method(evaluation: Evaluation) -> Markup:
    model, dataset = evaluation.model, evaluation.dataset
    options = evaluation.options
    return section(
        "How this was measured",
        element(
            "p",
            "Every picture took the same road as in unmask detect. What cannot be judged counts as wrong in accuracy, "
            "as not covered, and as 0.5 in rankings; nothing is dropped. Intervals are percentiles of 1,000 "
            "resamplings of whole groups, so frames of one video count as one witness.",
        ),
        facts(
            {
                "model": f"{model.name} {model.version}",
                "model sha256": element("code", model.sha256),
                "pictures": f"{len(dataset):,} of {dataset.name}, {len(set(dataset.groups.tolist())):,} groups",
                "splits": ", ".join(split or "unsplit" for split in dataset.splits),
                "manifest sha256": element("code", dataset.sha256),
                "stability probe": "on" if options.stability else "off",
                "without a face": "judged whole" if options.whole_picture else "not judged",
            }
        ),
    )


def _sizes(scope: Subset) -> tuple[str, str]:
    counts = scope.counts()
    return f"{counts['n_real']:,}", f"{counts['n_fake']:,}"


def _cells(scope: Subset, columns: Mapping[str, str]) -> Iterator[Markup]:
    return (_cell(name, scope.figures[name]) for name in columns)


def _cell(name: str, interval: Interval) -> Markup:
    value, limits = _value(name, interval), _limits(name, interval)
    return element("span", value, element("br") if limits else None, element("small", limits))


def _value(name: str, interval: Interval) -> str:
    if np.isnan(interval.value):
        return "–"
    return f"{interval.value:.3f}" if name in _PLAIN else f"{interval.value:.1%}"


def _limits(name: str, interval: Interval) -> str:
    low, high = (_value(name, Interval(limit, 0, 0)) for limit in (interval.low, interval.high))
    return "" if np.isnan(interval.low) else f"{low} – {high}"


def _forest_row(name: str, auc: Interval, tone: str) -> ForestRow:
    return ForestRow(name, auc.value, auc.low, auc.high, tone)


def _spoken(rows: Sequence[ForestRow]) -> str:
    return "; ".join(f"{row.name} {'–' if isnan(row.value) else f'{row.value:.3f}'}" for row in rows)
