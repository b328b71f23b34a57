"""`unmask audit`: find faults of a dataset before training on it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unmask.cli import console
from unmask.cli.exit_codes import CHECK_FAILED
from unmask.cli.options import LabeledData
from unmask.progress import progress_bar, track

if TYPE_CHECKING:
    from rich.table import Table

    from unmask.datasets import Audit, Dataset
    from unmask.datasets.auc import Interval
    from unmask.datasets.shortcuts import Shortcut
    from unmask.datasets.training_hashes import TrainingHashes


def run(
    data: LabeledData,
    model: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="Also find pictures that this model was trained on: a name, or a file."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write an HTML page with examples of each fault.")
    ] = None,
) -> None:
    """Find faults of a dataset: unreadable files, duplicates, leaks, imbalance, shortcuts.

    Exits with 1 if a fault makes the dataset unfit for training.

    Examples:

      unmask audit faces/
      unmask audit manifest.csv --html audit.html
      unmask audit faces/ --model default
      unmask audit faces/ --json | jq .faults
    """
    from unmask.datasets import Dataset, audit, framing_sample, measure_framings, read_file_properties
    from unmask.html.page import ensure_writable

    dataset = Dataset.load(data)
    page = ensure_writable(html) if html else None
    known = _training_hashes(model) if model else None
    with progress_bar() as progress:
        properties = list(read_file_properties(track(dataset.items, "reading pictures", progress)))
        framings = dict(measure_framings(track(framing_sample(dataset), "finding faces", progress)))
    found = audit(dataset, properties, framings, known)
    if as_json:
        sys.stdout.write(json.dumps(found.to_dict(), ensure_ascii=False) + "\n")
    else:
        _show(found)
    if page:
        page.write_text(found.to_html(), encoding="utf-8")
    raise typer.Exit(CHECK_FAILED if found.failed else 0)


def _training_hashes(model: str) -> TrainingHashes | None:
    """Hashes of the training pictures of a model; None and a line on stderr if there are none."""
    from unmask.card_reader import read_card
    from unmask.datasets.training_hashes import TrainingHashes
    from unmask.zoo import hashes_name

    found = TrainingHashes.load(model, read_card(model)[0])
    if not found:
        file = hashes_name("NAME.onnx")
        console.stderr().print(console.printable(f"{model}: its training pictures are not known: it has no {file}"))
    return found


def _show(found: Audit) -> None:
    """Print the audit as tables and text."""
    from rich.text import Text

    out = console.stdout()
    out.print(_counts(found.dataset))
    if found.shortcuts:
        out.print(_shortcuts(found.shortcuts))
    for fault in found.faults:
        style, word = ("bold white on red3", "✗ REFUSE") if fault.is_error else ("bold black on yellow3", "! WARN  ")
        out.print(Text.assemble((word, style), f"  {fault.name:<10}  ", console.printable(fault.message)))
    if not found.faults:
        out.print(Text.assemble(("✓ CLEAN ", "bold white on green4"), "  no fault found"))
    elif not found.failed:
        out.print(Text.assemble(("✓ PASSED", "bold white on green4"), "  usable; see the warnings above"))


def _counts(dataset: Dataset) -> Table:
    from rich.table import Table

    table = Table(
        "split", "source", title=f"{console.printable(dataset.name)}: {len(dataset):,} pictures", title_justify="left"
    )
    table.add_column("real", justify="right")
    table.add_column("fake", justify="right")
    for split, sources in dataset.counts().items():
        for source, classes in sources.items():
            table.add_row(split, console.printable(source), f"{classes['real']:,}", f"{classes['fake']:,}")
    return table


def _shortcuts(shortcuts: tuple[Shortcut, ...]) -> Table:
    """One row per property: its AUC over all pictures, and in the source where it is highest."""
    from rich.table import Table

    title = "AUC of real against fake by properties of the files, not the faces (95 % interval); 0.5 is chance"
    table = Table("by", "all pictures", "worst source", title=title, title_justify="left")
    for name in dict.fromkeys(shortcut.name for shortcut in shortcuts):
        found = {each.source: each.auc for each in shortcuts if each.name == name}
        worst = max((source for source in found if source), key=lambda source: found[source].low, default=None)
        table.add_row(name, _interval(found.get(None)), f"{_interval(found[worst])}  {worst}" if worst else "")
    return table


def _interval(auc: Interval | None) -> str:
    return f"{auc.value:.2f} ({auc.low:.2f}–{auc.high:.2f})" if auc else "–"
