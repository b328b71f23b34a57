"""A model card for people: what the model is for, its thresholds, metrics, training data and limits."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

    from unmask.card import ModelCard
    from unmask.card_metrics import Estimate, SubsetMetrics

MAX_WIDTH = 100
"""Columns of the text in a wider terminal."""
_COLUMNS = {
    "auc": "AUC",
    "accuracy": "accuracy",
    "false_alarms": "alarms",
    "misses": "misses",
    "coverage": "coverage",
    "sure_accuracy": "if sure",
}
_NAME_WIDTH = 24
_TIERS = {"clean": 0, "web": 1, "hard": 2}


def card_lines(card: ModelCard, sha256: str, width: int) -> Iterator[Text]:
    """The lines of a card.

    Args:
        card: the card.
        sha256: of the model file.
        width: columns of the terminal.
    """
    from rich.text import Text

    width = min(width, MAX_WIDTH)
    yield Text(f"{card.name} {card.version}", "bold")
    yield from _paragraph(card.summary or "The card does not state the purpose.", width)
    yield Text(f"  sha256 {sha256}")
    yield from _section("Labels", _labels(card), width)
    yield from _section("Trained on", _training_data(card), width)
    yield Text()
    yield from _metrics(card)
    if missed := card.metrics.get("unseen_miss_rate"):
        rates = (f"{share:.0%} of {kind}" for kind, share in missed.items())
        unseen = ["Fakes of kinds that were left out of training, with scores as low as real: " + ", ".join(rates)]
        yield from _section("Unknown kinds", unseen, width)
    yield from _section("Known limits", card.limits or ["not stated"], width)
    yield from _section("License", [card.license or "not stated"], width)
    yield Text()
    yield Text(f"`unmask models {card.name} --json` prints all fields of the card.", "dim")


def _labels(card: ModelCard) -> Iterator[str]:
    rule = card.decision
    yield f"{rule.thresholds}; unsure {'between' if rule.thresholds.allows_real else 'below'}"
    yield f"error rates at these thresholds, on held-out faces: {rule}"


def _training_data(card: ModelCard) -> Iterator[str]:
    data = card.training_data
    yield f"sources: {', '.join(data.get('sources', [])) or 'not stated'}"
    for key, name in (("lessons", "training"), ("held_out", "calibration"), ("reported", "reported metrics")):
        counts = data.get(key, {}).get("counts", {}).values()
        if counts:
            real, fake = (sum(each.get(label, 0) for each in counts) for label in ("real", "fake"))
            yield f"{name}: {real:,} real, {fake:,} fake"


def _metrics(card: ModelCard) -> Iterator[Text]:
    """A table of the metrics of each tier, and of each source in the first tier."""
    from rich.text import Text

    tiers = dict(sorted(card.metrics.get("tiers", {}).items(), key=lambda entry: _TIERS.get(entry[0], len(_TIERS))))
    if not tiers:
        yield Text("Metrics", "bold")
        yield Text("  The model was not evaluated.")
        return
    names = [*_COLUMNS.values()]
    yield Text(f"{'Metrics':<{_NAME_WIDTH}}" + "".join(f"{name:>{_column(name)}}" for name in names), "bold")
    for tier, found in tiers.items():
        yield Text(_row(tier, found["all"], names))
    first, found = next(iter(tiers.items()))
    for source, subset in found.get("sources", {}).items():
        yield Text(_row(f"  {first}, {source}", subset, names))
    yield Text("  alarms: real pictures labeled fake; misses: fakes labeled real", "dim")
    yield Text("  coverage: labels real or fake; if sure: accuracy of these", "dim")


def _row(name: str, subset: SubsetMetrics, names: list[str]) -> str:
    cells = (_value(metric, subset.get(metric)) for metric in _COLUMNS)
    return f"{name[: _NAME_WIDTH - 1]:<{_NAME_WIDTH}}" + "".join(
        f"{cell:>{_column(column)}}" for cell, column in zip(cells, names, strict=True)
    )


def _column(name: str) -> int:
    """Columns of a figure: its heading, and two spaces before it."""
    return max(6, len(name)) + 2


def _value(metric: str, estimate: Estimate | object) -> str:
    if not isinstance(estimate, list):
        return "–"
    value = float(estimate[0])
    return f"{value:.3f}" if metric == "auc" else f"{value:.1%}"


def _section(heading: str, lines: Iterator[str] | list[str] | tuple[str, ...], width: int) -> Iterator[Text]:
    from rich.text import Text

    yield Text()
    yield Text(heading, "bold")
    for line in lines:
        yield from _paragraph(line, width)


def _paragraph(line: str, width: int) -> Iterator[Text]:
    from rich.text import Text

    from unmask.cli.console import printable

    yield from (Text(f"  {part}") for part in wrap(printable(line), width - 2, subsequent_indent="  "))
