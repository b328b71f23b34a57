"""Progress of a scan on stderr: a bar in a terminal, otherwise a line every 30 seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from threading import Thread
from typing import TYPE_CHECKING

from unmask.cli import console
from unmask.cli.summary import Summary
from unmask.verdict import Finding

if TYPE_CHECKING:
    from rich.progress import Progress

LINE_INTERVAL = 30.0
"""Seconds between two lines if stderr is not a terminal."""
NARROW = 70
"""Columns of a terminal from which the bar shows the elapsed and the remaining time."""


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
    """The bar, and the counts on a line of their own."""
    from rich.console import Group
    from rich.live import Live
    from rich.text import Text

    stderr = console.stderr()
    bar, counts = scan_bar(stderr.width), Text(overflow="ellipsis", no_wrap=True)
    rate, started, before = "–", time.monotonic(), summary.total
    with Live(Group(bar, counts), console=stderr, transient=True, refresh_per_second=10):
        task = bar.add_task("judging", total=None, completed=before, rate=rate)
        for finding in findings:
            yield finding
            rate = f"{(summary.total - before) / max(time.monotonic() - started, 1e-3):.1f}"
            bar.update(task, completed=summary.total, total=total.value, rate=rate)
            counts.plain = f"  {summary}"


def scan_bar(width: int) -> Progress:
    """A progress bar whose figures are not cut off; below `NARROW` columns it does not show the times.

    Args:
        width: columns of the terminal.
    """
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.table import Column

    columns: list[ProgressColumn] = [
        TextColumn("{task.description}", table_column=Column(no_wrap=True)),
        BarColumn(bar_width=None),
        MofNCompleteColumn(table_column=Column(no_wrap=True)),
        TextColumn("{task.fields[rate]}/s", table_column=Column(no_wrap=True)),
    ]
    if width >= NARROW:
        columns += [
            TimeElapsedColumn(table_column=Column(no_wrap=True)),
            TextColumn("left", table_column=Column(no_wrap=True)),
            TimeRemainingColumn(table_column=Column(no_wrap=True)),
        ]
    return Progress(*columns, expand=True)


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
