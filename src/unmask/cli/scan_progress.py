"""What people see of a long scan: a bar with rate and counts, or a line now and then where nobody watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from threading import Thread

from unmask.cli import console
from unmask.cli.summary import Summary
from unmask.verdict import Finding

QUIET = 30.0
"""Seconds between two lines where stderr is no terminal."""


class Total:
    """The number of things to come, counted in the background; None until it is known."""

    def __init__(self, count: Callable[[], int | None]) -> None:
        self.value: int | None = None
        Thread(target=self._count, args=(count,), daemon=True).start()

    def _count(self, count: Callable[[], int | None]) -> None:
        try:
            self.value = count()
        except Exception:
            self.value = None


def watched(findings: Iterable[Finding], outcome: Summary, total: Total) -> Iterator[Finding]:
    """The same findings, shown on stderr as they pass; `outcome` holds the counts, those of earlier runs included."""
    shown = _with_bar if sys.stderr.isatty() else _with_lines
    yield from shown(findings, outcome, total)


def _with_bar(findings: Iterable[Finding], outcome: Summary, total: Total) -> Iterator[Finding]:
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
    rate, started, before = "–", time.monotonic(), outcome.total
    with Progress(*columns, console=console.stderr(), transient=True) as bar:
        task = bar.add_task("judging", total=None, completed=before, rate=rate, counts="")
        for finding in findings:
            yield finding
            rate = f"{(outcome.total - before) / max(time.monotonic() - started, 1e-3):.1f}"
            bar.update(task, completed=outcome.total, total=total.value, rate=rate, counts=str(outcome))


def _with_lines(findings: Iterable[Finding], outcome: Summary, total: Total) -> Iterator[Finding]:
    before, started = outcome.total, time.monotonic()
    due = started + QUIET
    for finding in findings:
        yield finding
        if time.monotonic() > due:
            due += QUIET
            rate = (outcome.total - before) / (time.monotonic() - started)
            of = f" of {total.value:,}" if total.value else ""
            sys.stderr.write(f"unmask: {outcome.total:,}{of} ({rate:.1f}/s): {outcome}\n")
