"""`unmask scan`: judge every picture in folders, lists, archives and remote stores."""

from __future__ import annotations

import time
from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING

import typer

from unmask.cli.exit_codes import INTERRUPTED
from unmask.cli.failure_rule import FailureRule
from unmask.cli.interrupts import stop_on_signals
from unmask.cli.options import (
    Faces,
    FailAbove,
    FailsOn,
    ModelName,
    OpenResult,
    Prevalence,
    StabilityProbe,
    WholePicture,
)
from unmask.cli.scan_options import (
    CacheFile,
    ClusterKind,
    CopyTo,
    Engine,
    MoveTo,
    NoCache,
    Only,
    OnlyLabels,
    Out,
    OutputFormat,
    Resume,
    ScanOptions,
    Sources,
    Unordered,
    Watch,
    Workers,
)
from unmask.cli.scan_progress import BackgroundCount, show_progress
from unmask.cli.summary import Summary, print_summary
from unmask.verdict import Finding

if TYPE_CHECKING:
    from unmask.scanning.outputs import Output
    from unmask.scanning.sort_into_folders import FolderSorter
    from unmask.scanning.task import ScanConfig


def run(
    sources: Sources,
    out: Out = None,
    output_format: OutputFormat = None,
    resume: Resume = False,
    only: OnlyLabels = None,
    copy_to: CopyTo = None,
    move_to: MoveTo = None,
    fail_on: FailsOn = None,
    fail_above: FailAbove = None,
    watch: Watch = False,
    cluster: ClusterKind = None,
    workers: Workers = None,
    unordered: Unordered = False,
    stability: StabilityProbe = True,
    whole_picture: WholePicture = False,
    cache: CacheFile = None,
    no_cache: NoCache = False,
    model: ModelName = "default",
    engine: Engine = "auto",
    faces: Faces = None,
    prevalence: Prevalence = None,
    open_result: OpenResult = False,
) -> None:
    """Judge many pictures on all CPU cores, and continue after a crash.

    Examples:

      unmask scan photos/ --out findings.csv
      unmask scan photos/ --out findings.csv --resume
      unmask scan photos/ --out gallery.html --open
      unmask scan s3://bucket/uploads/ --out findings.parquet
      unmask scan s3://bucket/uploads/ --cluster ray --out findings.parquet
      unmask scan inbox/ --watch --move-to sorted/ --out findings.sqlite
      find . -name '*.jpg' -print0 | unmask scan - --only fake --fail-on fake
    """
    options = ScanOptions(
        sources=sources,
        out=out,
        output_format=output_format,
        resume=resume,
        only=frozenset(only or Only),
        copy_to=copy_to,
        move_to=move_to,
        rule=FailureRule.from_options(fail_on, fail_above),
        watch=watch,
        cluster=cluster,
        workers=workers,
        unordered=unordered,
        stability=stability,
        whole_picture=whole_picture,
        cache=cache,
        no_cache=no_cache,
        model=model,
        engine=engine,
        faces=faces,
        prevalence=prevalence,
        open_result=open_result,
    )
    raise typer.Exit(_scan(options))


def _scan(options: ScanOptions) -> int:
    """Run the scan; returns the exit code."""
    from unmask.cli.scan_setup import folder_sorter, load_finished, open_scan_output
    from unmask.detector import DetectorConfig
    from unmask.faces import load_face_detector
    from unmask.runtime import usable_engine
    from unmask.scanning.sources import count_items
    from unmask.scanning.task import ScanConfig

    options.validate()
    detector = DetectorConfig(options.model, usable_engine(options.engine), faces=options.faces)
    load_face_detector(options.faces, threads=1)
    config = ScanConfig(detector, options.stability, options.whole_picture)
    sorter = folder_sorter(options)
    output = open_scan_output(options, sorter)
    summary = Summary(rule=options.rule)
    finished = load_finished(output, config, sorter, summary) if options.resume else ()
    started = time.monotonic()
    with stop_on_signals() as stop:
        findings = _findings(options, config, finished, stop)
        total = BackgroundCount(lambda: None if options.watch else count_items(options.sources))
        _write(show_progress(findings, summary, total), output, summary, options.only, sorter)
    interrupted = stop.is_set() and not options.watch
    seconds = time.monotonic() - started
    print_summary(summary, seconds, earlier=len(finished), out=options.out, interrupted=interrupted)
    if options.open_result and not interrupted:
        typer.launch(str(options.out))
    return INTERRUPTED if interrupted else summary.exit_code()


def _findings(options: ScanOptions, config: ScanConfig, finished: Container[str], stop: Event) -> Iterator[Finding]:
    """The findings of the scan, from worker processes or a cluster."""
    from unmask.cli.scan_setup import cache_path
    from unmask.scanning.scan import scan

    if options.cluster:
        return _findings_on_ray(options, config, finished, stop)
    return scan(
        options.sources,
        detector=config.detector,
        workers=options.workers,
        stability=options.stability,
        whole_picture=options.whole_picture,
        ordered=not options.unordered,
        cache=cache_path(options),
        skip=finished,
        leave_out=options.sort_folder,
        watch=options.watch,
        stop=stop,
    )


def _findings_on_ray(
    options: ScanOptions, config: ScanConfig, finished: Container[str], stop: Event
) -> Iterator[Finding]:
    """The findings from a Ray cluster, until `stop` is set."""
    from unmask.cluster.ray import scan_on_ray

    config = replace(config, detector=replace(config.detector, threads=1))
    folder = str(options.sort_folder) if options.sort_folder else None
    for finding in scan_on_ray(options.sources, config, workers=options.workers, skip=finished, leave_out=folder):
        yield finding
        if stop.is_set():
            return


def _write(
    findings: Iterable[Finding], output: Output, summary: Summary, only: Container[Only], sorter: FolderSorter | None
) -> None:
    """Count, sort and write findings; flushes the output even if the scan ends with an error."""
    if sorter:
        output.on_written = sorter.delete_originals
    complete = False
    try:
        for finding in findings:
            summary.add(finding)
            if Only(finding.verdict.label if finding.verdict else "problem") not in only:
                continue
            if sorter:
                sorter.copy(finding)
            output.add(finding)
        complete = True
    finally:
        output.close() if complete else output.flush()
