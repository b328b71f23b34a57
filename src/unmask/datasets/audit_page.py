"""HTML page of an audit: all faults with example images, and the shortcuts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from unmask.datasets.checks import Fault
from unmask.datasets.dataset import Dataset
from unmask.datasets.labeled_image import LabeledImage
from unmask.datasets.shortcut_faults import ERROR_ABOVE, WARNING_ABOVE
from unmask.datasets.shortcuts import Shortcut
from unmask.datasets.thumbnails import item_thumbnail
from unmask.html.charts import Axis
from unmask.html.forest_plot import ForestRow, forest_plot
from unmask.html.page import (
    Markup,
    badge,
    chart,
    definition_list,
    element,
    gallery,
    gallery_cell,
    join,
    notice,
    page,
    section,
    table,
    tiles,
)

if TYPE_CHECKING:
    from unmask.datasets.run_audit import Audit

_PAIRED = frozenset({"duplicate", "label", "leak"})
_TITLES = {
    "unreadable": "Files that cannot be read",
    "few": "Too few pictures",
    "balance": "Imbalanced classes",
    "label": "Identical files with both labels",
    "duplicate": "Duplicate pictures",
    "leak": "Leak: the same picture or group in two splits",
    "learned": "Pictures that the model was trained on",
    "format": "Shortcut: file format",
    "size": "Shortcut: picture size",
    "quality": "Shortcut: JPEG encoding",
    "mode": "Shortcut: color mode",
    "metadata": "Shortcut: metadata",
    "colour": "Shortcut: mean color",
    "framing": "Shortcut: size and position of the face",
}


def audit_page(audit: Audit) -> str:
    """The audit as one HTML document that loads nothing."""
    dataset = audit.dataset
    if audit.failed:
        title = f"{dataset.name}: refused, fix the faults before training"
    else:
        title = f"{dataset.name}: passed" + (" with warnings" if audit.faults else "")
    return page(
        title,
        _summary(audit),
        *(_fault(fault) for fault in audit.faults),
        _shortcuts(audit.shortcuts) if audit.shortcuts else None,
        _pictures(dataset),
        lead="Faults of this dataset that would mislead a detector trained on it.",
    )


def _summary(audit: Audit) -> Markup:
    labels = audit.dataset.labels
    errors = sum(fault.is_error for fault in audit.faults)
    entries = [
        ("pictures", f"{len(labels):,}", f"{(labels == 0).sum():,} real, {(labels == 1).sum():,} fake"),
        ("errors", str(errors), "must be fixed before training"),
        ("warnings", str(len(audit.faults) - errors), "should be checked"),
    ]
    if not audit.faults:
        return section("Summary", tiles(entries), notice(element("p", "No fault was found."), tone="real"))
    rows = ([element("code", fault.name), _level(fault), fault.message] for fault in audit.faults)
    return section("Summary", tiles(entries), table(["fault", "level", "finding"], rows, caption="Faults by name"))


def _level(fault: Fault) -> Markup:
    return badge("✗ refuse", "fake") if fault.is_error else badge("! warn", "unsure")


def _fault(fault: Fault) -> Markup:
    message = notice(element("p", _level(fault), " ", fault.message), tone="fake" if fault.is_error else "unsure")
    if not fault.examples:
        return section(_TITLES[fault.name], message)
    pairs = fault.name in _PAIRED and len(fault.examples) % 2 == 0
    shown = gallery(_pairs(fault.examples), pairs=True) if pairs else gallery(_singles(fault.examples))
    return section(_TITLES[fault.name], message, shown)


def _singles(items: Sequence[LabeledImage]) -> Iterator[Markup]:
    return (
        gallery_cell([item_thumbnail(item)], badge(item.label, item.label), _split(item), name=item.name)
        for item in items
    )


def _pairs(items: Sequence[LabeledImage]) -> Iterator[Markup]:
    for left, right in zip(items[::2], items[1::2], strict=True):
        words = join(
            badge(left.label, left.label), _split(left), " and ", badge(right.label, right.label), _split(right)
        )
        yield gallery_cell([item_thumbnail(left), item_thumbnail(right)], words, name=f"{left.name} and {right.name}")


def _split(item: LabeledImage) -> str:
    return f" in {item.split}" if item.split else ""


def _shortcuts(shortcuts: Sequence[Shortcut]) -> Markup:
    rows = [ForestRow(_row_name(each), each.auc.value, each.auc.low, each.auc.high, _tone(each)) for each in shortcuts]
    description = "; ".join(f"{_row_name(each)} {each.auc.value:.2f}" for each in shortcuts)
    axis = Axis("cross-validated AUC; 0.5 is chance", 0.4, 1.0, percent=False)
    drawn = forest_plot(
        "File properties that separate real from fake", description, axis, rows, (WARNING_ABOVE, ERROR_ABOVE)
    )
    note = (
        "A small classifier is trained on one file property at a time. A network can learn what it learns. "
        f"A lower limit above {WARNING_ABOVE} warns, above {ERROR_ABOVE} refuses (dashed lines). Framing only warns, "
        "because unmask crops the face."
    )
    return section("Shortcuts", chart(drawn, "Dot: AUC. Bar: 95 % interval.", wide=True), note=note)


def _row_name(shortcut: Shortcut) -> str:
    return f"{shortcut.name}, {shortcut.source or 'all pictures'}"


def _tone(shortcut: Shortcut) -> str:
    if shortcut.auc.low > ERROR_ABOVE:
        return "fake"
    return "unsure" if shortcut.auc.low > WARNING_ABOVE else "real"


def _pictures(dataset: Dataset) -> Markup:
    rows = (
        [split, source, f"{classes['real']:,}", f"{classes['fake']:,}"]
        for split, sources in dataset.counts().items()
        for source, classes in sources.items()
    )
    return section(
        "Pictures",
        table(["split", "source", "real", "fake"], rows, caption="Number of pictures", numbers=2),
        definition_list({"manifest sha256": element("code", dataset.sha256)}),
    )
