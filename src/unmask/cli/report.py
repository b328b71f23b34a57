"""`unmask report`: write a report on one picture."""

from __future__ import annotations

import json
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unmask.cli import console
from unmask.cli.explain import Method, methods_for
from unmask.cli.options import Faces, ModelName, OpenResult, Prevalence, Threads
from unmask.cli.suggestions import require_file
from unmask.errors import UsageError
from unmask.progress import progress_bar

if TYPE_CHECKING:
    from rich.console import Console

    from unmask.reporting.report import Report


def run(
    picture: Annotated[str, typer.Argument(metavar="PICTURE", help="A file; - reads stdin.")],
    out: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Write FILE.html or FILE.pdf; may be repeated.")
    ] = None,
    method: Annotated[
        Method | None, typer.Option(metavar="|".join(Method), help="Explanation method; see `unmask explain`.")
    ] = None,
    trust: Annotated[
        Path | None, typer.Option(metavar="FILE.pem", help="Trusted certificates for Content Credentials.")
    ] = None,
    prevalence: Prevalence = None,
    open_result: OpenResult = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
    model: ModelName = "default",
    threads: Threads = None,
    faces: Faces = None,
) -> None:
    """Report on one picture: verdict, explanation, signals, stability, model and digests.

    Without --out or --json it prints the verdict and the signals.

    Examples:

      unmask report photo.jpg
      unmask report photo.jpg --out photo.html --out photo.pdf
      unmask report photo.jpg --out photo.html --open --prevalence 0.01
      unmask report photo.jpg --trust c2pa-anchors.pem --json
    """
    from unmask.detector import Detector
    from unmask.reporting.report import make_report

    targets = out or []
    for path in targets:
        if path.suffix.lower() not in (".html", ".htm", ".pdf"):
            raise UsageError(f"{path}: unknown report format; end the name in .html or .pdf")
    if open_result and not targets:
        raise UsageError("--open needs a file to open; add --out FILE.html")
    require_file(picture, "report")
    name, source = ("stdin", sys.stdin.buffer) if picture == "-" else (picture, picture)
    detector = Detector.load(model, threads=threads, faces=faces)
    with progress_bar() as progress:
        report = make_report(
            detector,
            source,
            name=name,
            method=method.value if method else None,
            trust=trust,
            prevalence=prevalence,
            progress=progress,
            methods=methods_for(method, model),
        )
    for path in targets:
        _write(report, path)
    if as_json:
        sys.stdout.write(json.dumps(report.to_dict(), ensure_ascii=False) + "\n")
    else:
        _show(report, targets)
    if open_result:
        typer.launch(str(targets[0]))


def _write(report: Report, path: Path) -> None:
    """Write one file.

    Raises:
        UsageError: it cannot be written.
    """
    if path.suffix.lower() == ".pdf":
        from unmask.reporting.report_pdf import report_pdf

        content = report_pdf(report)
    else:
        from unmask.reporting.report_page import report_page

        content = report_page(report).encode("utf-8")
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror or error})") from None


def _show(report: Report, targets: list[Path]) -> None:
    from unmask.reporting.report_text import stability_reading
    from unmask.verdict import Finding

    lines = console.stdout()
    finding = Finding(report.verdict.path or "picture", report.verdict)
    lines.print(console.line(finding, console.line_width(lines)))
    if report.prevalence is not None and (restated := console.restated(report.verdict, report.prevalence)):
        lines.print(restated)
    if report.explanation.whole_picture:
        lines.print("    No face was found; the picture was judged as a whole.")
    lines.print(fit_line(f"    {stability_reading(report)}", 4, lines))
    for signal in report.signals:
        mark, style = _MARKS[signal.severity]
        words = f"  {mark} {signal.title:<20} {console.printable(signal.reading)}"
        lines.print(fit_line(words, 25, lines), style=style)
    lines.print("    No signal decides alone.")
    lines.print(fit_line(f"    {report.headline.caution}", 4, lines))
    for path in targets:
        lines.print(f"    written to {path}")


def fit_line(line: str, indent: int, out: Console) -> str:
    """A line in the columns of a terminal, its further lines indented; unchanged for a file or a pipe."""
    width = console.line_width(out)
    if width is None or width < 2 * indent:
        return line
    return textwrap.fill(line, width, subsequent_indent=" " * indent, break_on_hyphens=False)


_MARKS = {"none": (" ", "none"), "look": ("?", "yellow3"), "strong": ("!", "bold red3")}
