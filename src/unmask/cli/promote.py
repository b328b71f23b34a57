"""`unmask promote`: replace the default model by a candidate that keeps the rules."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unmask.cli import console
from unmask.cli.exit_codes import CHECK_FAILED, UNDECIDED
from unmask.cli.options import Limit, Split, TierNames, names_in
from unmask.errors import UsageError
from unmask.progress import progress_bar

if TYPE_CHECKING:
    from unmask.promotion import PromotionDecision


def run(
    candidate: Annotated[
        str | None, typer.Argument(metavar="[CANDIDATE]", help="The new model: an .onnx file.")
    ] = None,
    against: Annotated[str, typer.Option(metavar="MODEL", help="The model that it would replace.")] = "default",
    data: Annotated[
        Path | None, typer.Option(metavar="DATA", help="Regression set: a collection, a folder, or a manifest.")
    ] = None,
    rules: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Rules (TOML).", show_default="the limits in docs/keeping-up.md")
    ] = None,
    tiers: TierNames = "clean,web",
    split: Split = "all",
    limit: Limit = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report as an HTML page.")] = None,
    record: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the record of the decision.")] = None,
    sign: Annotated[Path | None, typer.Option(metavar="KEY", help="Sign the record (Ed25519 key, PEM).")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decide, but leave the default model as it is.")] = False,
    check_record: Annotated[
        Path | None, typer.Option("--check-record", metavar="FILE", help="Check the record of a decision, and exit.")
    ] = None,
    mlflow: Annotated[bool, typer.Option("--mlflow", help="Log the decision to MLflow (MLFLOW_TRACKING_URI).")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the decision as one JSON object.")] = False,
) -> None:
    """Compare a candidate with the current model by rules, and make it the default if it keeps them.

    Exits with 0 if the candidate is promoted, 1 if it is rejected, and 6 if there are too few pictures to decide.

    Examples:

      unmask promote candidate/model.onnx --data regression/ --html report.html --record decision.json
      unmask promote candidate/model.onnx --data regression/ --rules rules.toml --dry-run
      unmask promote --check-record decision.json
    """
    if check_record:
        raise typer.Exit(_check_record(check_record))
    if candidate is None or data is None:
        raise UsageError("name a candidate and its regression set: unmask promote model.onnx --data DIR")
    if sign and not record:
        raise UsageError("--sign needs the file to write: add --record FILE")
    from unmask.html.page import ensure_writable
    from unmask.mlflow_tracking import load_mlflow
    from unmask.promotion import log_decision, promotion_page, write_decision
    from unmask.record.signing import read_private_key

    page = ensure_writable(html) if html else None
    target = ensure_writable(record) if record else None
    key = read_private_key(sign) if sign else None
    if mlflow:
        load_mlflow()
    decision = _decide(candidate, against, data, rules, names_in(tiers), split, limit)
    written = write_decision(decision, target, key) if target else {"digest": ""}
    if page:
        page.write_text(promotion_page(decision), encoding="utf-8")
    if mlflow:
        log_decision(decision, [path for path in (page, target) if path])
    _show(decision, as_json=as_json)
    raise typer.Exit(_install(candidate, decision, str(written["digest"]), dry_run=dry_run, quiet=as_json))


def _decide(
    candidate: str,
    against: str,
    data: Path,
    rules: Path | None,
    tiers: list[str],
    split: str | None,
    limit: int | None,
) -> PromotionDecision:
    from unmask.datasets import Dataset, stratified_sample
    from unmask.detector import Detector
    from unmask.evaluation import select_split
    from unmask.hub import resolve
    from unmask.promotion import PromotionRules, decide_promotion
    from unmask.zoo import read_model

    limits, dataset = PromotionRules.load(rules), select_split(Dataset.load(data), split)
    new, old = (Detector.load(each, threads=1) for each in (candidate, against))
    sizes = len(read_model(resolve(candidate))), len(read_model(resolve(against)))
    if new.card.training_data.get("content_sha256") == dataset.content_sha256:
        raise UsageError(f"{data}: the candidate was trained on these pictures; give a regression set of its own")
    with progress_bar() as progress:
        return decide_promotion(
            new,
            old,
            stratified_sample(dataset, limit) if limit else dataset,
            limits,
            tiers=tiers,
            sizes=sizes,
            progress=progress,
        )


def _show(decision: PromotionDecision, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(decision.to_dict(), ensure_ascii=False) + "\n")
        return
    out = console.stdout()
    for sentence in decision.reasons:
        out.print(console.printable(sentence))
    for name, real, fake in decision.skipped:
        out.print(console.printable(f"not judged: {name} has {real} real and {fake} fake pictures"))
    passed = sum(check.outcome == "passed" for check in decision.checks)
    out.print(f"{str(decision.decided).upper()}: {passed} of {len(decision.checks)} checks passed")


def _install(candidate: str, decision: PromotionDecision, digest: str, *, dry_run: bool, quiet: bool) -> int:
    """Make a promoted candidate the default; returns the exit code."""
    from unmask.hub import resolve
    from unmask.model_registry import ModelRegistry
    from unmask.promotion import Decided
    from unmask.zoo import read_model

    if decision.decided is not Decided.PROMOTE:
        return CHECK_FAILED if decision.decided is Decided.REJECT else UNDECIDED
    if dry_run:
        return 0
    model, registry = decision.candidate, ModelRegistry()
    data = read_model(resolve(candidate))
    entry = registry.register(data, model.name, model.version, parent=decision.current.sha256, decision=digest)
    if not quiet:
        console.stdout().print(f"the name default now means {entry.name} {entry.version} ({registry.path(entry)})")
    return 0


def _check_record(path: Path) -> int:
    from unmask.promotion import decision_faults

    faults = list(decision_faults(path))
    for fault in faults:
        console.stdout().print(fault)
    if not faults:
        console.stdout().print("the record is complete and unchanged")
    return CHECK_FAILED if faults else 0
