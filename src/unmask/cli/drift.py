"""`unmask drift`: notice that pictures or scores change."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unmask.cli import console
from unmask.cli.exit_codes import CHANGED
from unmask.errors import UsageError

if TYPE_CHECKING:
    from unmask.drift import DriftReport


def run(
    current: Annotated[
        list[Path], typer.Argument(metavar="FINDINGS...", help="The --out files of scans, one for each period.")
    ],
    reference: Annotated[
        Path, typer.Option(metavar="FINDINGS", help="The --out file of a scan of the reference period.")
    ],
    window: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Divide each file into periods of N pictures.")
    ] = None,
    alpha: Annotated[float, typer.Option(min=0.0, metavar="P", help="Probability of any false alarm.")] = 0.01,
    min_psi: Annotated[
        float, typer.Option(min=0.0, metavar="PSI", help="Smallest population stability index that counts.")
    ] = 0.02,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report as an HTML page.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
) -> None:
    """Compare scores, labels, face sizes, formats and kinds of new scans with a reference period.

    Exits with 5 if a feature changed, and writes one line for each change.

    Examples:

      unmask drift monday.csv tuesday.csv --reference april.csv
      unmask drift may.jsonl --reference april.jsonl --window 1000 --html drift.html
    """
    from unmask.drift import StreamFeatures, drift_page, measure_drift
    from unmask.html.page import ensure_writable
    from unmask.scanning.outputs import read_findings

    page = ensure_writable(html) if html else None
    before = StreamFeatures.of(read_findings(reference))
    periods = {name: StreamFeatures.of(rows) for path in current for name, rows in _periods(path, window)}
    if not before.count or not periods:
        raise UsageError("the reference and the findings need at least one picture each")
    report = measure_drift(before, periods, alpha=alpha, min_psi=min_psi)
    if page:
        page.write_text(drift_page(report), encoding="utf-8")
    if as_json:
        sys.stdout.write(json.dumps(report.to_dict(), ensure_ascii=False) + "\n")
    else:
        _show(report)
    raise typer.Exit(CHANGED if report.drifted else 0)


def _periods(path: Path, window: int | None) -> list[tuple[str, list[dict[str, Any]]]]:
    """The findings of a file, as one period or in periods of `window` pictures."""
    from unmask.scanning.outputs import read_findings

    rows = list(read_findings(path))
    if window is None or len(rows) <= window:
        return [(path.name, rows)] if rows else []
    parts = [rows[start : start + window] for start in range(0, len(rows), window)]
    return [(f"{path.name} {number}", part) for number, part in enumerate(parts, start=1)]


def _show(report: DriftReport) -> None:
    out = console.stdout()
    for test in report.drifted:
        words = f"{test.feature} changed in {test.period}: PSI {test.psi:.3f}, adjusted p {test.adjusted:.2g}"
        out.print(console.printable(words))
    out.print(f"{len(report.drifted)} of {len(report.tests)} tests found a change ({len(report.periods)} periods)")
