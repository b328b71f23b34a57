"""`unmask compare`: test whether two models differ on the same pictures."""

from __future__ import annotations

import json
import sys
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unmask.cli import console
from unmask.cli.options import Limit, Split, StabilityProbe, TierNames, WholePicture, names_in
from unmask.cli.summary import evaluation_exit_code
from unmask.progress import progress_bar

if TYPE_CHECKING:
    from rich.table import Table

    from unmask.evaluation import Comparison


def run(
    first: Annotated[str, typer.Argument(metavar="A", help="First model: a name, or an .onnx file.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Second model: a name, or an .onnx file.")],
    data: Annotated[Path, typer.Option(metavar="DATA", help="A folder of Real/ and Fake/, or a manifest.")],
    tiers: TierNames = "clean",
    split: Split = None,
    limit: Limit = None,
    whole_picture: WholePicture = False,
    stability: StabilityProbe = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Test whether two models differ on the same pictures: paired intervals and a paired DeLong test.

    Examples:

      unmask compare default mine.onnx --data manifest.csv
      unmask compare old.onnx new.onnx --data faces/ --tiers clean,web,hard
    """
    from unmask.datasets import Dataset, stratified_sample
    from unmask.datasets.training_hashes import find_overlap
    from unmask.detector import Detector
    from unmask.evaluation import PredictOptions, compare, evaluate, select_split

    dataset = select_split(Dataset.load(data), split)
    dataset = stratified_sample(dataset, limit) if limit else dataset
    named = names_in(tiers)
    options = PredictOptions(whole_picture, stability)
    detectors = [Detector.load(model, threads=1) for model in (first, second)]
    overlaps = [find_overlap(name, each.card, dataset) for name, each in zip((first, second), detectors, strict=True)]
    for name, overlap in zip((first, second), overlaps, strict=True):
        if overlap and overlap.images:
            console.stderr().print(console.printable(f"{name}: {overlap.message}"))
    with progress_bar() as progress:
        one, two = (
            evaluate(detector, dataset, tiers=named, options=options, progress=progress) for detector in detectors
        )
    found = {name: compare(one.tiers[name].predictions, two.tiers[name].predictions) for name in one.tiers}
    if as_json:
        answer: dict[str, Any] = {"a": one.model.to_dict(), "b": two.model.to_dict(), "pictures": len(dataset)}
        known = {key: each.to_dict() for key, each in zip("ab", overlaps, strict=True) if each}
        answer |= {"training_overlap": known} if known else {}
        tables = {name: comparison.to_dict() for name, comparison in found.items()}
        sys.stdout.write(json.dumps({**answer, "tiers": tables}, ensure_ascii=False) + "\n")
    else:
        for name, comparison in found.items():
            _show(f"{name}: {len(dataset):,} pictures", comparison, first, second)
    raise typer.Exit(evaluation_exit_code(tier.predictions for each in (one, two) for tier in each.tiers.values()))


def _show(title: str, comparison: Comparison, first: str, second: str) -> None:
    out = console.stdout()
    out.print(_table(title, comparison, first, second))
    auc = next(difference for difference in comparison.differences if difference.name == "auc")
    winner = {"first": first, "second": second}.get(auc.winner or "")
    verdict = f"{winner} ranks better" if winner else "no difference in ranking is statistically significant"
    p_value = "unknown" if isnan(comparison.p_value) else f"{comparison.p_value:.2g}"
    out.print(f"{console.printable(verdict)} (DeLong p = {p_value})")


def _table(title: str, comparison: Comparison, first: str, second: str) -> Table:
    from rich.table import Table

    names = {"first": f"A, {first}", "second": f"B, {second}"}
    table = Table("figure", "A", "B", "B - A (95 %)", "better", title=title, title_justify="left")
    for each in comparison.differences:
        gap = f"{each.gap.value:+.4f} ({each.gap.low:+.4f} to {each.gap.high:+.4f})"
        better = console.printable(names.get(each.winner or "", "–"))
        if each.gap.value == each.gap.value:
            table.add_row(each.name.replace("_", " "), f"{each.first:.4f}", f"{each.second:.4f}", gap, better)
    return table
