"""`unmask evaluate`: measure a model on labeled pictures, or check the metrics in its card."""

from __future__ import annotations

import json
import sys
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unmask.cli import console
from unmask.cli.exit_codes import CHECK_FAILED
from unmask.cli.options import (
    Faces,
    LabeledData,
    Limit,
    OpenResult,
    Split,
    StabilityProbe,
    TierNames,
    WholePicture,
    names_in,
)
from unmask.cli.summary import evaluation_exit_code
from unmask.errors import UsageError
from unmask.progress import progress_bar

if TYPE_CHECKING:
    from rich.table import Table

    from unmask.datasets import Dataset
    from unmask.datasets.training_hashes import TrainingOverlap
    from unmask.detector import Detector
    from unmask.evaluation import Evaluation
    from unmask.evaluation.evaluation import Subset

COLUMNS = {
    "accuracy": "acc.",
    "false_alarms": "false\nalarms",
    "misses": "misses",
    "coverage": "sure",
    "sure_accuracy": "right\nif sure",
}


def run(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A name from `unmask models`, or an .onnx file.")],
    data: LabeledData,
    tiers: TierNames = "clean,web,hard",
    split: Split = None,
    limit: Limit = None,
    robustness: Annotated[
        int, typer.Option(min=0, metavar="N", help="Also judge N pictures under each of 32 degradations.")
    ] = 0,
    whole_picture: WholePicture = False,
    stability: StabilityProbe = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print all metrics as one JSON object.")] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write an HTML page with curves and errors.")
    ] = None,
    open_result: OpenResult = False,
    check: Annotated[
        bool, typer.Option("--check", help="Recompute the metrics in the model card; exit with 1 if they differ.")
    ] = False,
    faces: Faces = None,
    predictor: Annotated[
        str | None,
        typer.Option(
            metavar="MODULE:FUNCTION",
            help="Measure another detector: a function from a path to the probability of fake. MODEL is its name.",
        ),
    ] = None,
) -> None:
    """Measure a model on labeled pictures: every metric, with 95 % intervals, as found and after compression.

    Examples:

      unmask evaluate default faces/
      unmask evaluate mine.onnx manifest.csv --tiers clean --html report.html --open
      unmask evaluate default manifest.csv --check
      unmask evaluate rival faces/ --predictor rival:predict
    """
    from unmask.datasets import Dataset, stratified_sample
    from unmask.detector import Detector
    from unmask.evaluation.function_predictor import FunctionPredictor
    from unmask.html.page import ensure_writable

    if open_result and not html:
        raise UsageError("--open needs a page to open; add --html FILE")
    dataset, named = Dataset.load(data), names_in(tiers)
    if predictor and (unfit := [name for name, given in {"--check": check, "--faces": faces}.items() if given]):
        raise UsageError(f"--predictor cannot be combined with {unfit[0]}; remove {unfit[0]}")
    detector = None if predictor else Detector.load(model, threads=1, faces=faces)
    subject = detector or FunctionPredictor.load(predictor or "", model)
    if check and detector:
        others = {"--limit": limit, "--split": split, "--html": html, "--robustness": robustness}
        others |= {"--whole-picture": whole_picture, "--no-stability": not stability}
        if unfit := [name for name, given in others.items() if given]:
            raise UsageError(f"--check cannot be combined with {', '.join(unfit)}; remove {', '.join(unfit)}")
        raise typer.Exit(_check(detector, dataset, named, as_json))
    page = ensure_writable(html) if html else None
    from unmask.evaluation import PredictOptions, evaluate, select_split

    chosen = select_split(dataset, split)
    whole_sha256 = chosen.content_sha256
    chosen = stratified_sample(chosen, limit) if limit else chosen
    overlap = _overlap(detector, model, chosen, whole_sha256) if detector else None
    with progress_bar() as progress:
        evaluation = evaluate(
            subject,
            chosen,
            tiers=named,
            options=PredictOptions(whole_picture, stability),
            robustness=robustness,
            overlap=overlap,
            progress=progress,
        )
    if as_json:
        sys.stdout.write(json.dumps(evaluation.to_dict(detail=True), ensure_ascii=False) + "\n")
    else:
        _show(evaluation)
    if page:
        page.write_text(evaluation.to_html(), encoding="utf-8")
    if open_result:
        typer.launch(str(page))
    raise typer.Exit(evaluation_exit_code(tier.predictions for tier in evaluation.tiers.values()))


def _overlap(detector: Detector, model: str, chosen: Dataset, content_sha256: str) -> TrainingOverlap | None:
    """The images that the model was trained on; warns of them on stderr."""
    from unmask.datasets.training_hashes import find_overlap

    overlap = find_overlap(model, detector.card, chosen)
    if overlap and overlap.images:
        console.stderr().print(console.printable(overlap.message))
    elif detector.card.training_data.get("content_sha256") == content_sha256:
        console.stderr().print(
            "these pictures include the model's training images, so the metrics are too high; "
            "evaluate the splits.csv of the training run instead"
        )
    return overlap


def _check(detector: Detector, dataset: Dataset, tiers: list[str], as_json: bool) -> int:
    """Recomputes the metrics of the model card; returns the exit code."""
    from unmask.evaluation import evaluate
    from unmask.evaluation.card_check import card_dataset, card_options, find_mismatches

    metrics = detector.card.metrics
    options, stated = card_options(metrics, tiers)
    chosen = card_dataset(metrics, dataset)
    with progress_bar() as progress:
        evaluation = evaluate(detector, chosen, tiers=stated, options=options, progress=progress)
    wrong = find_mismatches(metrics, evaluation.card_metrics(), stated)
    if as_json:
        sys.stdout.write(json.dumps({"agrees": not wrong, "contradictions": [each.to_dict() for each in wrong]}) + "\n")
        return CHECK_FAILED if wrong else 0
    out = console.stdout()
    for each in wrong:
        out.print(f"{each.path}: {each.stated} in the card, {each.found} recomputed")
    result = f"{len(wrong)} model-card figures differ" if wrong else "all model-card figures were reproduced"
    missing = [tier for tier in tiers if tier not in stated]
    note = f"; the card has no figures for {', '.join(missing)}" if missing else ""
    out.print(f"{result} ({', '.join(stated)}; {len(chosen):,} pictures){note}")
    return CHECK_FAILED if wrong else 0


def _show(evaluation: Evaluation) -> None:
    """Print the main metrics of each tier."""
    out = console.stdout()
    model, dataset = evaluation.model, evaluation.dataset
    splits = ", ".join(split or "unsplit" for split in dataset.splits)
    out.print(
        f"{model.name} {model.version} on {console.printable(dataset.name)} ({splits}): {len(dataset):,} pictures"
    )
    for name, tier in evaluation.tiers.items():
        out.print(_table(name, {"all": tier.all, **(tier.sources if len(tier.sources) > 1 else {})}))
        counts = tier.all.counts()
        if counts["no_face"] or counts["problems"]:
            out.print(f"  {counts['no_face']} without a face, {counts['problems']} unreadable: counted as wrong")


def _table(tier: str, subsets: dict[str, Subset]) -> Table:
    """One row per subset, narrow enough for a small terminal; the page and --json have every interval."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=0)
    table.add_column(tier, min_width=13)
    for column in ("real/fake", "AUC (95 %)", *COLUMNS.values()):
        table.add_column(column, justify="right", no_wrap=True)
    for name, subset in subsets.items():
        counts, auc = subset.counts(), subset.metrics["auc"]
        ranked = "–" if isnan(auc.value) else f"{auc.value:.3f} ({auc.low:.2f}–{auc.high:.2f})"
        cells = (_share(subset.metrics[metric].value) for metric in COLUMNS)
        table.add_row(console.printable(name), f"{counts['n_real']}/{counts['n_fake']}", ranked, *cells)
    return table


def _share(value: float) -> str:
    return "–" if isnan(value) else f"{value:.1%}"
