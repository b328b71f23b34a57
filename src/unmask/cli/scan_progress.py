"""Progress and summary of a scan on stderr: a bar in a terminal, otherwise a line every 30 seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from threading import Thread

from unmask.cli import console
from unmask.cli.summary import Summary
from unmask.verdict import Finding

LINE_INTERVAL = 30.0
"""Seconds between two lines if stderr is not a terminal."""


class BackgroundCount:
    """The number of items of a scan, counted in a thread; `value` is None until it is known."""

    def __init__(self, count: Callable[[], int | None]) -> None:
        self.value: int | None = None
        Thread(target=self._count, args=(count,), daemon=True).start()

    def _count(self, count: Callable[[], int | None]) -> None:
        try:
            self.value = count()
        except Exception:
            self.value = None


def show_progress(findings: Iterable[Finding], summary: Summary, total: BackgroundCount) -> Iterator[Finding]:
    """Yields the findings and shows the counts in `summary`, which include those of earlier runs."""
    shown = _with_bar if sys.stderr.isatty() else _with_lines
    yield from shown(findings, summary, total)


def _with_bar(findings: Iterable[Finding], summary: Summary, total: BackgroundCount) -> Iterator[Finding]:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}/s"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[counts]}"),
    )
    rate, started, before = "–", time.monotonic(), summary.total
    with Progress(*columns, console=console.stderr(), transient=True) as bar:
        task = bar.add_task("judging", total=None, completed=before, rate=rate, counts="")
        for finding in findings:
            yield finding
            rate = f"{(summary.total - before) / max(time.monotonic() - started, 1e-3):.1f}"
            bar.update(task, completed=summary.total, total=total.value, rate=rate, counts=str(summary))


def _with_lines(findings: Iterable[Finding], summary: Summary, total: BackgroundCount) -> Iterator[Finding]:
    before, started = summary.total, time.monotonic()
    due = started + LINE_INTERVAL
    for finding in findings:
        yield finding
        if time.monotonic() > due:
            due += LINE_INTERVAL
            rate = (summary.total - before) / (time.monotonic() - started)
            of = f" of {total.value:,}" if total.value else ""
            sys.stderr.write(f"unmask: {summary.total:,}{of} ({rate:.1f}/s): {summary}\n")


def print_summary(summary: Summary, earlier: int, seconds: float, out: Path | None, *, interrupted: bool) -> None:
    """Print the counts, the rate and the output's path, and how to continue an interrupted scan.

    Args:
        summary: all counts.
        earlier: findings of earlier runs.
        seconds: duration of this run.
        out: the output's path; None for stdout.
        interrupted: whether a signal ended the scan.
    """
    new = summary.total - earlier
    rate = f"{new:,} in {seconds:.1f} s, {new / max(seconds, 1e-3):.1f}/s"
    before = f"; {earlier:,} done before" if earlier else ""
    where = f" → {out}" if out else ""
    sys.stderr.write(f"unmask: {summary} ({rate}{before}){where}\n")
    if interrupted:
        advice = "run the same command with --resume to continue" if out else "add --out to be able to continue a scan"
        sys.stderr.write(f"unmask: interrupted; {advice}\n")
