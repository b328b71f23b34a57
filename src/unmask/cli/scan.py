"""`unmask scan`: judge everything in folders, lists, archives and stores, and lose nothing on the way."""

from __future__ import annotations

import re
import signal
import sys
import time
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unmask.cli.options import FailsOn, ModelName, StabilityProbe, WholePicture
from unmask.cli.scan_progress import Total, watched
from unmask.cli.summary import INTERRUPTED, Summary
from unmask.errors import OutputError, UsageError
from unmask.verdict import Finding

if TYPE_CHECKING:
    from unmask.scanning.outputs import Output
    from unmask.scanning.path_set import PathSet
    from unmask.scanning.sort_into_folders import FolderSorter
    from unmask.scanning.task import ScanConfig


class Only(StrEnum):
    """Which findings are written."""

    FAKE = "fake"
    REAL = "real"
    UNSURE = "unsure"
    NO_FACE = "no_face"
    PROBLEM = "problem"


class Cluster(StrEnum):
    """What judges instead of this machine alone."""

    RAY = "ray"


def run(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE…",
            help="Pictures, folders, patterns, lists (.txt .csv .jsonl .parquet, -), archives (.zip .tar …), URLs.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="A .jsonl, .csv, .parquet, .sqlite or .html file; without it, JSON lines on stdout."
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an output that exists; skip what is done.")
    ] = False,
    only: Annotated[list[Only] | None, typer.Option(help="Write only findings of this kind; repeatable.")] = None,
    copy_to: Annotated[Path | None, typer.Option(metavar="DIR", help="Copy pictures into DIR/LABEL/.")] = None,
    move_to: Annotated[Path | None, typer.Option(metavar="DIR", help="Move pictures into DIR/LABEL/.")] = None,
    fail_on: FailsOn = None,
    watch: Annotated[bool, typer.Option("--watch", help="Go on with files as they arrive; Ctrl-C ends it.")] = False,
    cluster: Annotated[
        Cluster | None, typer.Option(help="Judge on a cluster: that of RAY_ADDRESS, or one started here.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes that judge; by default one for each core.")
    ] = None,
    unordered: Annotated[bool, typer.Option("--unordered", help="Write findings as they come, not in order.")] = False,
    stability: StabilityProbe = True,
    whole_picture: WholePicture = False,
    cache: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Earlier judgements by content; by default the user's own.")
    ] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Judge every picture anew.")] = False,
    model: ModelName = "default",
    engine: Annotated[str, typer.Option(help="Inference engine: auto, onnx or openvino.")] = "auto",
) -> None:
    """Judge many pictures on all cores. Broken ones are rows too, and a crash loses nothing that was written.

    Examples:

      unmask scan photos/ --out findings.csv

      unmask scan photos/ --out findings.csv --resume

      unmask scan s3://bucket/uploads/ --out findings.parquet

      unmask scan s3://bucket/uploads/ --cluster ray --out findings.parquet

      unmask scan inbox/ --watch --move-to sorted/ --out findings.sqlite

      find . -name '*.jpg' -print0 | unmask scan - --only fake --fail-on fake
    """
    from unmask.detector import DetectorConfig
    from unmask.scanning.scan import scan
    from unmask.scanning.sources import count
    from unmask.scanning.task import ScanConfig

    if cluster and (other := _not_on_a_cluster(watch=watch, cache=cache, unordered=unordered)):
        raise UsageError(f"{other} and --cluster exclude each other")

    settings = DetectorConfig(model, engine)
    filing = _filing(copy_to, move_to, sources)
    output = _output(out, resume, filing)
    output.batch = 1 if watch else output.batch
    outcome = Summary()
    job = ScanConfig(settings, stability, whole_picture)
    done = _load_finished(output, outcome, job, filing) if resume else ()
    started = time.monotonic()
    with _stopping() as stop:
        if cluster:
            single = replace(job, settings=replace(settings, threads=1))
            findings = _on_cluster(sources, single, workers, done, copy_to or move_to, stop)
        else:
            findings = scan(
                sources,
                detector=settings,
                workers=workers,
                stability=stability,
                whole_picture=whole_picture,
                ordered=not unordered,
                cache=_cache(cache, no_cache),
                skip=done,
                leave_out=copy_to or move_to,
                watch=watch,
                stop=stop,
            )
        total = Total(lambda: None if watch else count(sources))
        _write(watched(findings, outcome, total), output, outcome, set(only or Only), filing)
    _sum_up(outcome, len(done), time.monotonic() - started, out, interrupted=stop.is_set() and not watch)
    if stop.is_set() and not watch:
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(outcome.exit_code(fail_on_fake=fail_on is not None))


def _on_cluster(
    sources: Sequence[str],
    job: ScanConfig,
    workers: int | None,
    done: Container[str],
    leave_out: Path | None,
    stop: Event,
) -> Iterator[Finding]:
    """Findings from a Ray cluster, until told to stop."""
    from unmask.cluster.ray import scan_on_ray

    closed = str(leave_out) if leave_out else None
    for finding in scan_on_ray(sources, job, workers=workers, skip=done, leave_out=closed):
        yield finding
        if stop.is_set():
            return


def _not_on_a_cluster(*, watch: bool, cache: Path | None, unordered: bool) -> str | None:
    """The first option that a scan on a cluster cannot follow."""
    chosen = {"--watch": watch, "--cache": cache is not None, "--unordered": unordered}
    return next((name for name, given in chosen.items() if given), None)


def _filing(copy_to: Path | None, move_to: Path | None, sources: Sequence[str]) -> FolderSorter | None:
    from unmask.scanning.sort_into_folders import FolderSorter

    if copy_to and move_to:
        raise UsageError("--copy-to and --move-to exclude each other")
    folder = copy_to or move_to
    return FolderSorter(folder, sources, move=move_to is not None) if folder else None


def _output(out: Path | None, resume: bool, filing: FolderSorter | None) -> Output:
    """The output asked for; a gallery is one too, but drawn by another room.

    Raises:
        UsageError: it is in no place that can be written to.
    """
    from unmask.cli.html_output import HtmlOutput
    from unmask.scanning.outputs import SUFFIXES, StdoutOutput, open_output

    if out is None:
        if resume:
            raise UsageError("--resume needs the --out it should go on with")
        return StdoutOutput()
    if re.match(r"[A-Za-z][\w+.-]+:/", out.as_posix()):
        raise UsageError(
            f"--out {out.as_posix()}: findings are written to this machine's disk; name a file, and copy it"
        )
    gallery = partial(HtmlOutput, filing=filing)
    return open_output(out, resume=resume, kinds=SUFFIXES | {".html": gallery, ".htm": gallery})


def _load_finished(output: Output, outcome: Summary, job: ScanConfig, filing: FolderSorter | None) -> PathSet:
    """What an output holds already: counted, and remembered as done.

    Raises:
        OutputError: it is not an output of a scan.
        UsageError: another model wrote it, or one that judged under other options.
    """
    import hashlib

    from unmask.hub import resolve
    from unmask.scanning.path_set import PathSet
    from unmask.zoo import read_model

    done = PathSet()
    model = hashlib.sha256(read_model(resolve(job.settings.model))).hexdigest()
    for row in output.rows():
        finding = Finding.from_dict(row)
        if finding.verdict and finding.verdict.model.sha256 != model:
            raise UsageError(f"{output.path}: was written with another model; name another --out, or that --model")
        if finding.verdict and (how := job.unlike(finding.verdict)):
            raise UsageError(f"{output.path}: was written {how}; name another --out, or use the same options")
        done.add(finding.path)
        outcome.add(finding)
        if filing:
            filing.settle((finding,))
    return done


def _cache(path: Path | None, unwanted: bool) -> Path | None:
    """The cache to use; the user's own is done without where it cannot be opened."""
    from unmask.scanning.cache import VerdictCache, default_path

    if unwanted or path:
        return None if unwanted else path
    try:
        VerdictCache(default_path(), "").close()
    except OutputError as error:
        sys.stderr.write(f"unmask: {error.message}\n")
        return None
    return default_path()


def _write(
    findings: Iterable[Finding], output: Output, outcome: Summary, wanted: set[Only], filing: FolderSorter | None
) -> None:
    """File, count and write findings; what was taken is written even where the scan ends with an error."""
    if filing:
        output.on_written = filing.settle
    complete = False
    try:
        for finding in findings:
            outcome.add(finding)
            if Only(finding.verdict.label if finding.verdict else "problem") not in wanted:
                continue
            if filing:
                filing.place(finding)
            output.add(finding)
        complete = True
    finally:
        output.close() if complete else output.flush()


@contextmanager
def _stopping() -> Iterator[Event]:
    """An event that the first Ctrl-C or SIGTERM sets; the second one interrupts at once."""
    stop = Event()

    def ask(number: int, frame: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        sys.stderr.write("\nunmask: finishing what is in flight; Ctrl-C again to end at once\n")

    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(each, ask) for each in signals]
    try:
        yield stop
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)


def _sum_up(outcome: Summary, earlier: int, seconds: float, out: Path | None, *, interrupted: bool) -> None:
    """The last lines for people."""
    new = outcome.total - earlier
    rate = f"{new:,} in {seconds:.1f} s, {new / max(seconds, 1e-3):.1f}/s"
    before = f"; {earlier:,} done before" if earlier else ""
    where = f" → {out}" if out else ""
    sys.stderr.write(f"unmask: {outcome} ({rate}{before}){where}\n")
    if interrupted:
        again = "run the same command with --resume to go on" if out else "name an --out to be able to go on"
        sys.stderr.write(f"unmask: stopped before the end; {again}\n")
