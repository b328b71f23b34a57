"""The options of `unmask scan`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from unmask.cli.failure_rule import FailureRule
from unmask.errors import UsageError
from unmask.prevalence import check_prevalence

HTML_SUFFIXES = (".html", ".htm")
RESTATED_FORMATS = (".jsonl", ".ndjson", *HTML_SUFFIXES)
"""Outputs that have a place for restated probabilities; tables have fixed columns."""


class Only(StrEnum):
    """Which findings are written."""

    FAKE = "fake"
    REAL = "real"
    UNSURE = "unsure"
    NO_FACE = "no_face"
    PROBLEM = "problem"


class Format(StrEnum):
    """The format of the output file."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    SQLITE = "sqlite"
    HTML = "html"
    SARIF = "sarif"
    JUNIT = "junit"


class Cluster(StrEnum):
    """The cluster software that runs the scan."""

    RAY = "ray"


Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE…",
        help="Pictures, folders, patterns, lists (.txt .csv .tsv .jsonl .parquet, -), archives (.zip .tar …), URLs.",
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="A .jsonl, .csv, .parquet, .sqlite, .html, .sarif or (JUnit) .xml file; without it, JSON lines on stdout.",
    ),
]
OutputFormat = Annotated[
    Format | None,
    typer.Option("--format", metavar="|".join(Format), help="Format of --out, if the ending of the name is another."),
]
Resume = Annotated[bool, typer.Option("--resume", help="Continue an existing output; skip finished pictures.")]
OnlyLabels = Annotated[
    list[Only] | None, typer.Option(metavar="|".join(Only), help="Write only findings of this kind; repeatable.")
]
CopyTo = Annotated[Path | None, typer.Option(metavar="DIR", help="Copy pictures into DIR/LABEL/.")]
MoveTo = Annotated[Path | None, typer.Option(metavar="DIR", help="Move pictures into DIR/LABEL/.")]
Watch = Annotated[bool, typer.Option("--watch", help="Keep running and scan new files; Ctrl-C ends the scan.")]
ClusterKind = Annotated[
    Cluster | None,
    typer.Option(metavar="|".join(Cluster), help="Scan on the Ray cluster at RAY_ADDRESS, or on a local one."),
]
Workers = Annotated[int | None, typer.Option(min=1, metavar="N", help="Worker processes; by default one per CPU core.")]
Unordered = Annotated[bool, typer.Option("--unordered", help="Write findings as soon as they are ready, in any order.")]
CacheFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Verdict cache, keyed by content; by default in the user's cache folder."),
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Do not use the verdict cache.")]
Engine = Annotated[
    str,
    typer.Option(
        metavar="auto|cpu|openvino|cuda|tensorrt|directml|coreml",
        help="Inference engine; without its device, the CPU is used. `unmask doctor` lists those that are available.",
    ),
]


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """The values of the options, as `unmask scan --help` describes them."""

    sources: list[str]
    out: Path | None
    output_format: Format | None
    resume: bool
    only: frozenset[Only]
    copy_to: Path | None
    move_to: Path | None
    rule: FailureRule
    watch: bool
    cluster: Cluster | None
    workers: int | None
    unordered: bool
    stability: bool
    whole_picture: bool
    cache: Path | None
    no_cache: bool
    model: str
    engine: str
    faces: str | None
    prevalence: float | None
    open_result: bool

    @property
    def sort_folder(self) -> Path | None:
        """The folder that pictures are copied or moved to."""
        return self.copy_to or self.move_to

    @property
    def _writes_html(self) -> bool:
        if self.out is None:
            return False
        if self.output_format:
            return self.output_format is Format.HTML
        return self.out.suffix.lower() in HTML_SUFFIXES

    def validate(self) -> None:
        """Check that the options can be combined.

        Raises:
            UsageError: they cannot.
        """
        local_only = {"--watch": self.watch, "--cache": self.cache is not None, "--unordered": self.unordered}
        if self.cluster and (option := next((name for name, given in local_only.items() if given), None)):
            raise UsageError(f"{option} cannot be combined with --cluster; remove {option}")
        if self.output_format and self.out is None:
            raise UsageError(f"--format {self.output_format} needs a file; add --out FILE")
        if self.open_result and not self._writes_html:
            raise UsageError("--open needs a page to open; add --out FILE.html")
        if self.open_result and self.watch:
            raise UsageError("--open cannot be combined with --watch; remove --open")
        if self.copy_to and self.move_to:
            raise UsageError("--copy-to cannot be combined with --move-to; remove one of them")
        if self.prevalence is not None:
            check_prevalence(self.prevalence)
            if self.out and self.out.suffix.lower() not in RESTATED_FORMATS:
                raise UsageError(
                    f"{self.out}: has no column for --prevalence; name an output in {' or '.join(RESTATED_FORMATS)}, "
                    "or remove --prevalence"
                )
