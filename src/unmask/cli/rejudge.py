"""`unmask rejudge`: judge earlier pictures with another model, and list what changes."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unmask.cli import console
from unmask.cli.exit_codes import CHANGED, INTERRUPTED
from unmask.cli.interrupts import stop_on_signals
from unmask.cli.options import ModelName
from unmask.cli.scan_options import CacheFile, Engine, NoCache, Workers
from unmask.cli.scan_progress import BackgroundCount, show_progress
from unmask.cli.summary import Summary, print_summary
from unmask.detector import DetectorConfig
from unmask.errors import UsageError
from unmask.verdict import Finding, display_probability

if TYPE_CHECKING:
    from unmask.rejudging import Change, Plan

SHOWN = 20


def run(
    findings: Annotated[
        Path | None, typer.Argument(metavar="[FINDINGS]", help="The --out file of an earlier scan.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the new findings, as `unmask scan --out` does.")
    ] = None,
    changes: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Write what changed: .csv, .jsonl or .html. Repeatable.")
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="Judge the kept pictures of the server's history.")
    ] = False,
    data_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Data folder of the server, with --history.")
    ] = None,
    model: ModelName = "default",
    engine: Engine = "auto",
    workers: Workers = None,
    cache: CacheFile = None,
    no_cache: NoCache = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as one JSON object.")] = False,
) -> None:
    """Judge the pictures of an earlier scan with another model, and list what changed, the largest changes first.

    Exits with 5 if a label changed. The same command continues an interrupted run.

    Examples:

      unmask rejudge findings.csv --model new.onnx --out new.csv --changes changes.html
      unmask rejudge --history --model default --out new.jsonl --changes changes.csv
    """
    from unmask.rejudging import compare_results, plan_rejudging
    from unmask.rejudging.table import check_suffix
    from unmask.scanning.outputs import read_findings

    if (findings is None) is not history:
        raise UsageError("name the findings of a scan, or pass --history")
    if out is None:
        raise UsageError("name the file of the new findings: --out FILE")
    if findings and out.resolve() == findings.resolve():
        raise UsageError(f"--out {out}: is the file of the earlier findings; give another one")
    for path in changes or ():
        check_suffix(path)
    if history:
        from unmask.cli.review_history import history_findings

        before = history_findings(data_dir)
    else:
        assert findings is not None
        before = list(map(Finding.from_dict, read_findings(findings)))
    detector = DetectorConfig(model, engine)
    plan = plan_rejudging(before, _digest(model))
    interrupted = _judge(plan, detector, out, workers, None if no_cache else cache)
    after = {each.path: each for each in map(Finding.from_dict, read_findings(out))}
    found = compare_results(before, after)
    for path in changes or ():
        _write(path, found, plan.missing)
    _show(found, plan.missing, as_json=as_json)
    if interrupted:
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(CHANGED if any(change.relabeled for change in found) else 0)


def _digest(model: str) -> str:
    from unmask.hub import resolve
    from unmask.zoo import read_model

    return hashlib.sha256(read_model(resolve(model))).hexdigest()


def _judge(plan: Plan, detector: DetectorConfig, out: Path, workers: int | None, cache: Path | None) -> bool:
    """Write the new findings, except those that `out` has already; returns whether a signal ended the run."""
    from unmask.cli.scan_setup import load_finished
    from unmask.rejudging import rejudge
    from unmask.scanning.outputs import open_output
    from unmask.scanning.task import ScanConfig

    summary = Summary()
    output = open_output(out, resume=True)
    config = ScanConfig(detector, plan.stability, plan.whole_picture)
    finished = load_finished(output, config, None, summary)
    started = time.monotonic()
    with stop_on_signals() as stop:
        found = rejudge(plan, detector, workers=workers, cache=cache, skip=finished, stop=stop)
        total = BackgroundCount(lambda: len(plan.paths) + len(plan.current))
        complete = False
        try:
            for finding in show_progress(found, summary, total):
                summary.add(finding)
                output.add(finding)
            complete = True
        finally:
            output.close() if complete else output.flush()
    seconds = time.monotonic() - started
    print_summary(summary, seconds, earlier=len(finished), out=out)
    if stop.is_set():
        sys.stderr.write("unmask: interrupted; run the same command to continue\n")
    return stop.is_set()


def _write(path: Path, found: Sequence[Change], missing: Sequence[str]) -> None:
    from unmask.rejudging import write_changes

    write_changes(path, found, missing)


def _show(found: Sequence[Change], missing: Sequence[str], *, as_json: bool) -> None:
    """Print the counts and the largest changes."""
    relabeled = [change for change in found if change.relabeled]
    if as_json:
        counts = {"judged": len(found), "relabeled": len(relabeled), "missing": len(missing)}
        listed = [change.to_dict() for change in relabeled]
        sys.stdout.write(json.dumps({**counts, "changes": listed}, ensure_ascii=False) + "\n")
        return
    out = console.stdout()
    for change in relabeled[:SHOWN]:
        row = change.to_dict()
        old, new = _percent(row["probability_before"]), _percent(row["probability_after"])
        words = f"{row['from']} {old} → {row['to']} {new}  {row['path']}  ({row['reason']})"
        out.print(console.printable(words))
    if len(relabeled) > SHOWN:
        out.print(f"… and {len(relabeled) - SHOWN:,} more; --changes FILE lists all")
    gone = f"; {len(missing):,} not in place" if missing else ""
    out.print(f"{len(relabeled):,} of {len(found):,} pictures have another label{gone}")


def _percent(probability_fake: float | None) -> str:
    return "–" if probability_fake is None else f"{display_probability(probability_fake):.1%}"
