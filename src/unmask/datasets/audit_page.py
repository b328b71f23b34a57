"""The page of an audit: every fault of a data set with pictures that show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from unmask.datasets.checks import REFUSES_ABOVE, WARNS_ABOVE, Fault
from unmask.datasets.dataset import Dataset
from unmask.datasets.item import Item
from unmask.datasets.shortcuts import Shortcut
from unmask.datasets.thumbnails import item_thumbnail
from unmask.html.charts import Axis
from unmask.html.forest_plot import ForestRow, forest_plot
from unmask.html.page import (
    Markup,
    badge,
    chart,
    element,
    facts,
    gallery,
    join,
    notice,
    page,
    section,
    shot,
    table,
    tiles,
)

if TYPE_CHECKING:
    from unmask.datasets.auditing import Audit

_PAIRED = frozenset({"duplicate", "label", "leak"})
_TITLES = {
    "unreadable": "Files that cannot be read",
    "few": "Too few pictures",
    "balance": "Classes out of balance",
    "label": "One file, two labels",
    "duplicate": "The same picture more than once",
    "leak": "The same picture or group in two splits",
    "format": "Shortcut: file format",
    "size": "Shortcut: picture size",
    "quality": "Shortcut: JPEG encoding",
    "mode": "Shortcut: colour mode",
    "metadata": "Shortcut: metadata",
    "colour": "Shortcut: mean colour",
    "framing": "Shortcut: size and place of the face",
}


def audit_page(audit: Audit) -> str:
    """The whole page as one HTML document that loads nothing."""
    dataset = audit.dataset
    if audit.refused:
        title = f"{dataset.name} should not be trained on yet"
    else:
        title = f"{dataset.name} can be trained on" + (", with care" if audit.faults else "")
    return page(
        title,
        _summary(audit),
        *(_fault(fault) for fault in audit.faults),
        _shortcuts(audit.shortcuts) if audit.shortcuts else None,
        _pictures(dataset),
        lead="What would fool a deepfake detector that learns from these pictures, found without judging a face.",
    )


def _summary(audit: Audit) -> Markup:
    labels = audit.dataset.labels
    refusals = sum(fault.refuses for fault in audit.faults)
    entries = [
        ("pictures", f"{len(labels):,}", f"{(labels == 0).sum():,} real, {(labels == 1).sum():,} fake"),
        ("reasons to refuse", str(refusals), "training would mostly teach these"),
        ("warnings", str(len(audit.faults) - refusals), "worth a look"),
    ]
    if not audit.faults:
        return section("In short", tiles(entries), notice(element("p", "No fault was found."), tone="real"))
    rows = ([element("code", fault.name), _level(fault), fault.message] for fault in audit.faults)
    return section(
        "In short", tiles(entries), table(["fault", "level", "what was found"], rows, caption="Faults by name")
    )


def _level(fault: Fault) -> Markup:
    return badge("✗ refuse", "fake") if fault.refuses else badge("! warn", "unsure")


def _fault(fault: Fault) -> Markup:
    message = notice(element("p", _level(fault), " ", fault.message), tone="fake" if fault.refuses else "unsure")
    if not fault.examples:
        return section(_TITLES[fault.name], message)
    pairs = fault.name in _PAIRED and len(fault.examples) % 2 == 0
    shown = gallery(_pairs(fault.examples), pairs=True) if pairs else gallery(_singles(fault.examples))
    return section(_TITLES[fault.name], message, shown)


def _singles(items: Sequence[Item]) -> Iterator[Markup]:
    return (shot([item_thumbnail(item)], badge(item.label, item.label), _split(item), name=item.name) for item in items)


def _pairs(items: Sequence[Item]) -> Iterator[Markup]:
    for left, right in zip(items[::2], items[1::2], strict=True):
        words = join(
            badge(left.label, left.label), _split(left), " and ", badge(right.label, right.label), _split(right)
        )
        yield shot([item_thumbnail(left), item_thumbnail(right)], words, name=f"{left.name} and {right.name}")


def _split(item: Item) -> str:
    return f" in {item.split}" if item.split else ""


def _shortcuts(shortcuts: Sequence[Shortcut]) -> Markup:
    rows = [ForestRow(_scope(each), each.auc.value, each.auc.low, each.auc.high, _tone(each)) for each in shortcuts]
    spoken = "; ".join(f"{_scope(each)} {each.auc.value:.2f}" for each in shortcuts)
    axis = Axis("cross-validated AUC; 0.5 is nothing", 0.4, 1.0, percent=False)
    drawn = forest_plot("What tells real from fake without the face", spoken, axis, rows, (WARNS_ABOVE, REFUSES_ABOVE))
    note = (
        "A small classifier sees one property of the files alone. What it reaches, a network reaches as well. "
        f"A lower limit above {WARNS_ABOVE} warns, above {REFUSES_ABOVE} refuses (dashed lines); framing only warns, "
        "since unmask cuts the face out."
    )
    return section("Shortcuts", chart(drawn, "A dot is the figure, the bar its 95 % interval.", wide=True), note=note)


def _scope(shortcut: Shortcut) -> str:
    return f"{shortcut.name}, {shortcut.source or 'all pictures'}"


def _tone(shortcut: Shortcut) -> str:
    if shortcut.auc.low > REFUSES_ABOVE:
        return "fake"
    return "unsure" if shortcut.auc.low > WARNS_ABOVE else "real"


def _pictures(dataset: Dataset) -> Markup:
    rows = (
        [split, source, f"{classes['real']:,}", f"{classes['fake']:,}"]
        for split, sources in dataset.counts().items()
        for source, classes in sources.items()
    )
    return section(
        "Pictures",
        table(["split", "source", "real", "fake"], rows, caption="Number of pictures", numbers=2),
        facts({"manifest sha256": element("code", dataset.sha256)}),
    )
