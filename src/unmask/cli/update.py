"""`unmask update`: adapt a model to new kinds of fakes."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unmask.cli import console
from unmask.cli.options import Limit
from unmask.errors import MissingExtra
from unmask.progress import progress_bar

if TYPE_CHECKING:
    from unmask.datasets import Dataset
    from unmask.training.update import Updated


class UpdateMode(StrEnum):
    """Which layers are fitted."""

    QUICK = "quick"
    FULL = "full"


def run(
    data: Annotated[Path, typer.Option(metavar="DATA", help="New pictures: a collection, a folder, or a manifest.")],
    output: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the new model and its card.")],
    base: Annotated[str, typer.Option(metavar="MODEL", help="The model to update.")] = "default",
    replay: Annotated[
        Path | None, typer.Option(metavar="DATA", help="Pictures of the old sources, whose scores are kept.")
    ] = None,
    replay_limit: Limit = None,
    mode: Annotated[
        UpdateMode, typer.Option(metavar="quick|full", help="quick: last layer, minutes; full: all layers.")
    ] = UpdateMode.QUICK,
    epochs: Annotated[int, typer.Option(min=1, metavar="N", help="Epochs of the full mode.")] = 2,
    max_loss: Annotated[
        float, typer.Option(min=0.0, metavar="AUC", help="Quick mode: AUC that each old source may lose.")
    ] = 0.01,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Random seed of the division of the pictures.")] = 7,
    force: Annotated[bool, typer.Option("--force", help="Full mode: train even if the audit fails.")] = False,
    mlflow: Annotated[
        bool, typer.Option("--mlflow", help="Also log run and model to MLflow (MLFLOW_TRACKING_URI).")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as one JSON object.")] = False,
) -> None:
    """Adapt a model to new kinds of fakes without forgetting the old ones, and calibrate it again.

    The same command continues an interrupted update.

    Examples:

      unmask update --data collection/ --replay faces/ --out runs/candidate
      unmask update --data collection/ --base mine.onnx --mode full --out runs/candidate
    """
    from unmask.datasets import Dataset, stratified_sample

    dataset = Dataset.load(data)
    old = Dataset.load(replay) if replay else None
    if old and replay_limit:
        old = stratified_sample(old, replay_limit)
    try:
        import onnx  # noqa: F401
    except ImportError:
        raise MissingExtra("updating a model", "train") from None
    if mode is UpdateMode.FULL:
        from unmask.training.update import full_update

        full_update(dataset, base, output, replay=old, epochs=epochs, force=force, mlflow=mlflow)
        return
    _quick(dataset, base, output, old, max_loss, seed, mlflow, as_json)


def _quick(
    dataset: Dataset,
    base: str,
    output: Path,
    old: Dataset | None,
    max_loss: float,
    seed: int,
    mlflow: bool,
    as_json: bool,
) -> None:
    from unmask.training.update import quick_update

    with progress_bar() as progress:
        found = quick_update(
            dataset, base, output, replay=old, max_loss=max_loss, seed=seed, mlflow=mlflow, progress=progress
        )
    if as_json:
        figures = {"model": str(found.path), "before": found.before, "after": found.after}
        sys.stdout.write(json.dumps(figures) + "\n")
        return
    _show(found)


def _show(found: Updated) -> None:
    from rich.table import Table

    table = Table("pictures", "AUC before", "after", "change")
    for name, before in found.before.items():
        after = found.after[name]
        table.add_row(console.printable(name), f"{before:.3f}", f"{after:.3f}", f"{after - before:+.3f}")
    out = console.stdout()
    out.print(table)
    out.print(f"{found.card.name} {found.card.version} → {found.path}; next: unmask promote {found.path} --data …")
