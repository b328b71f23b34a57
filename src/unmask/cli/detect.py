"""`unmask detect`: judge pictures and print one line for each."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unmask.cli import console
from unmask.cli.failure_rule import FailureRule
from unmask.cli.legend import print_legend_once
from unmask.cli.options import (
    Faces,
    FailAbove,
    FailsOn,
    ModelName,
    Prevalence,
    StabilityProbe,
    Threads,
    WholePicture,
)
from unmask.cli.recording import open_recorder
from unmask.cli.suggestions import failure, require_file
from unmask.cli.summary import Summary, print_summary
from unmask.errors import ImageError, MissingExtra, UsageError
from unmask.images import Picture, open_image
from unmask.prevalence import check_prevalence, restate_verdict
from unmask.progress import progress_bar, track
from unmask.scanning import list_picture_items
from unmask.scanning.items import ScanItem
from unmask.scanning.sources import STDIN
from unmask.verdict import Finding
from unmask.video import ClipVerdict, is_video

if TYPE_CHECKING:
    from unmask.card import ModelCard
    from unmask.detector import Detector

MANY = 20
"""Items from which the counts are printed at the end; on a terminal they are printed from two on."""


def run(
    sources: Annotated[
        list[str], typer.Argument(metavar="PICTURE…", help="Files, folders or patterns; - reads one from stdin.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per picture.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Also print each face with its box.")] = False,
    annotate: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write each picture with boxes and labels into DIR.")
    ] = None,
    timeline: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the timeline of each clip into DIR: JSON, PNG and HTML.")
    ] = None,
    whole_picture: WholePicture = False,
    stability: StabilityProbe = True,
    record: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write an evidence record for `unmask verify` into a new FILE.")
    ] = None,
    sign: Annotated[
        Path | None, typer.Option(metavar="KEY.pem", help="Sign the record with your Ed25519 private key.")
    ] = None,
    log: Annotated[Path | None, typer.Option(metavar="FILE", help="Append every result to a hash-chained log.")] = None,
    prevalence: Prevalence = None,
    fail_on: FailsOn = None,
    fail_above: FailAbove = None,
    model: ModelName = "default",
    threads: Threads = None,
    faces: Faces = None,
) -> None:
    """Judge pictures: real, fake, unsure, or no face.

    Examples:

      unmask detect photo.jpg
      unmask detect holiday/ --json > verdicts.jsonl
      unmask detect group.jpg -v --annotate out/
      unmask detect photo.jpg --record photo.record.json --sign key.pem
      unmask detect clip.mp4 --timeline out/
      unmask detect photo.jpg --prevalence 0.01
      curl -s https://example.org/a.jpg | unmask detect -
    """
    if sources.count(STDIN) > 1:
        raise UsageError("stdin (-) can be given only once; remove the others")
    if prevalence is not None:
        check_prevalence(prevalence)
    items = list(list_picture_items(sources))
    detector = _load(model, threads, faces)
    summary, started = Summary(rule=FailureRule.from_options(fail_on, fail_above)), time.monotonic()
    recorder = open_recorder(
        detector, record=record, sign=sign, log=log, whole_picture=whole_picture, stability=stability
    )
    with recorder as save, progress_bar(not sys.stdout.isatty()) as progress:
        for item in track(items, "judging", progress):
            finding, opened = _predict(detector, item, whole_picture, stability)
            summary.add(finding)
            save(finding)
            if as_json:
                _print_json(finding, opened, prevalence)
            else:
                _print_text(finding, detector.card if verbose else None, prevalence)
                for note in _notes(finding, opened):
                    console.stderr().print(f"unmask: {console.printable(finding.path)}: {note}")
            if annotate and isinstance(opened, Picture) and finding.verdict:
                from unmask.reporting.annotation import save_annotated

                save_annotated(opened, finding.verdict, annotate)
            if timeline and isinstance(opened, ClipVerdict):
                from unmask.reporting.clip import save_timeline

                save_timeline(opened, timeline)
    if not as_json:
        print_legend_once(detector.card)
    if summary.total >= (2 if sys.stderr.isatty() else MANY):
        print_summary(summary, time.monotonic() - started)
    raise typer.Exit(summary.exit_code())


def _notes(finding: Finding, opened: Picture | ClipVerdict | None) -> tuple[str, ...]:
    """What is odd about a judged file, one sentence each."""
    if isinstance(opened, ClipVerdict):
        return (opened.damage,) if opened.damage else ()
    return finding.verdict.notes if finding.verdict else ()


def _print_json(finding: Finding, opened: Picture | ClipVerdict | None, prevalence: float | None) -> None:
    row = opened.to_dict() if isinstance(opened, ClipVerdict) else finding.to_dict()
    if prevalence is not None and finding.verdict:
        row |= restate_verdict(finding.verdict, prevalence)
    sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _print_text(finding: Finding, details_card: ModelCard | None, prevalence: float | None) -> None:
    out = console.stdout()
    out.print(console.line(finding, console.line_width(out)))
    if prevalence is not None and finding.verdict and (restated := console.restated(finding.verdict, prevalence)):
        out.print(restated)
    for line in console.details(finding.verdict, details_card) if details_card and finding.verdict else ():
        out.print(line)


def _load(model: str, threads: int | None, faces: str | None) -> Detector:
    from unmask.detector import Detector

    return Detector.load(model, threads=threads, faces=faces)


def _predict(
    detector: Detector, item: ScanItem, whole_picture: bool, stability: bool
) -> tuple[Finding, Picture | ClipVerdict | None]:
    """The finding of an item, and its picture or judged clip if it could be opened."""
    if item.failure:
        return Finding(item.path, item.failure), None
    name, source = ("stdin", sys.stdin.buffer) if item.path == STDIN else (item.path, item.path)
    try:
        require_file(name, "detect")
        if is_video(name):
            from unmask.video.inference import judge_clip

            clip = judge_clip(detector, name)
            return Finding(name, clip.verdict), clip
        picture = open_image(source, name=name, limits=detector.limits)
        verdict = detector.predict(picture, whole_picture=whole_picture, stability=stability)
    except (ImageError, MissingExtra) as error:
        return Finding(name, failure(error, name)), None
    return Finding(name, verdict), picture
