"""`unmask drift`: notice that pictures or scores change."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unmask.cli import console
from unmask.cli.exit_codes import CHANGED
from unmask.errors import UsageError

if TYPE_CHECKING:
    from unmask.drift import DriftReport

Rows = list[dict[str, Any]]


def run(
    current: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FINDINGS…", help="The --out files of scans, one for each period."),
    ] = None,
    reference: Annotated[
        Path | None, typer.Option(metavar="FINDINGS", help="The --out file of a scan of the reference period.")
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="Test the last days of the server's history, each as a period.")
    ] = False,
    days: Annotated[
        int, typer.Option(min=1, metavar="N", help="With --history: days to test; earlier ones are the reference.")
    ] = 7,
    data_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Data folder of the server, with --history.")
    ] = None,
    window: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Divide each file or day into periods of N pictures.")
    ] = None,
    alpha: Annotated[float, typer.Option(min=0.0, metavar="P", help="Probability of any false alarm.")] = 0.01,
    min_psi: Annotated[
        float, typer.Option(min=0.0, metavar="PSI", help="Smallest population stability index that counts.")
    ] = 0.02,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report as an HTML page.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
) -> None:
    """Compare scores, labels, face sizes, formats and kinds of new pictures with a reference period.

    Exits with 5 if a feature changed, and writes one line for each change.

    Examples:

      unmask drift monday.csv tuesday.csv --reference april.csv
      unmask drift may.jsonl --reference april.jsonl --window 1000 --html drift.html
      unmask drift --history --days 1
    """
    from unmask.drift import StreamFeatures, drift_page, measure_drift
    from unmask.html.page import ensure_writable
    from unmask.scanning.outputs import read_findings

    if bool(current) is history:
        raise UsageError("name the findings of scans, or pass --history")
    if reference is None and not history:
        raise UsageError("name the findings of the reference period: --reference FINDINGS")
    page = ensure_writable(html) if html else None
    earlier, parts = _from_history(data_dir, days) if history else ([], _from_files(current or []))
    before = StreamFeatures.of(read_findings(reference) if reference else earlier)
    periods = {name: StreamFeatures.of(rows) for part in parts for name, rows in _periods(*part, window)}
    if not before.count or not periods:
        raise UsageError(_too_few(history=history, days=days))
    report = measure_drift(before, periods, alpha=alpha, min_psi=min_psi)
    if page:
        page.write_text(drift_page(report), encoding="utf-8")
    if as_json:
        sys.stdout.write(json.dumps(report.to_dict(), ensure_ascii=False) + "\n")
    else:
        _show(report)
    raise typer.Exit(CHANGED if report.drifted else 0)


def _from_files(paths: list[Path]) -> Iterator[tuple[str, Rows]]:
    """The name and the findings of each file."""
    from unmask.scanning.outputs import read_findings

    return ((path.name, list(read_findings(path))) for path in paths)


def _from_history(data_dir: Path | None, days: int) -> tuple[Rows, list[tuple[str, Rows]]]:
    """The pictures before the last days, and those of each of the last days."""
    from unmask.cli.review_history import history_days

    earlier: Rows = []
    parts: list[tuple[str, Rows]] = []
    for day, is_new, rows in history_days(data_dir, days):
        if is_new:
            parts.append((day.isoformat(), rows))
        else:
            earlier += rows
    return earlier, parts


def _periods(name: str, rows: Rows, window: int | None) -> list[tuple[str, Rows]]:
    """The findings of a file or a day, as one period or in periods of `window` pictures."""
    if window is None or len(rows) <= window:
        return [(name, rows)] if rows else []
    parts = [rows[start : start + window] for start in range(0, len(rows), window)]
    return [(f"{name} {number}", part) for number, part in enumerate(parts, start=1)]


def _too_few(*, history: bool, days: int) -> str:
    if history:
        return (
            f"the history has no pictures from before the last {days} days that the same model judged; pass a smaller "
            "--days, or --reference with the --out file of: unmask rejudge --history"
        )
    return "the reference and the findings need at least one picture each"


def _show(report: DriftReport) -> None:
    out = console.stdout()
    for test in report.drifted:
        words = f"{test.feature} changed in {test.period}: PSI {test.psi:.3f}, adjusted p {test.adjusted:.2g}"
        out.print(console.printable(words))
    out.print(f"{len(report.drifted)} of {len(report.tests)} tests found a change ({len(report.periods)} periods)")
