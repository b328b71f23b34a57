"""The one progress protocol of the package, and a progress bar on stderr that implements it.

Long work takes a `Progress` and calls it; it does not depend on terminals, pages or streams. Callers pass the bar of
`progress_bar()`, a callable of their own (the web app sends events to the browser), or `no_progress`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from rich.console import Console

T = TypeVar("T")


class Progress(Protocol):
    """Receives the progress of one task after another."""

    def __call__(self, task: str, done: int, total: int | None) -> None:
        """Report progress.

        Args:
            task: what is being done, such as "finding faces".
            done: finished steps of the task. A call with 0 begins a task.
            total: steps of the whole task; None when it is not known.
        """


def no_progress(task: str, done: int, total: int | None) -> None:
    """Ignores progress: the default of every function that reports it."""


def track(items: Iterable[T], task: str, progress: Progress) -> Iterator[T]:
    """Yields the items and reports each one that the consumer has finished.

    Args:
        items: what is iterated; its length is the total where it has one.
        task: what is being done with them.
        progress: receives the counts.
    """
    total = len(items) if isinstance(items, Sized) else None
    progress(task, 0, total)
    for done, item in enumerate(items, 1):
        yield item
        progress(task, done, total)


@cache
def stderr_console() -> Console:
    """The Rich console on stderr. Lines printed on it while a bar is shown appear above the bar."""
    from rich.console import Console

    return Console(stderr=True)


@contextmanager
def progress_bar(active: bool = True) -> Iterator[Progress]:
    """Shows progress as a Rich bar on stderr, and nothing where stderr is not a terminal or `active` is False."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = stderr_console()
    if not (active and console.is_terminal):
        yield no_progress
        return
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Bar(*columns, console=console, transient=True) as bar:
        shown = bar.add_task("", total=None, visible=False)

        def report(task: str, done: int, total: int | None) -> None:
            if done == 0:
                bar.reset(shown)
            bar.update(shown, description=task, completed=done, total=total, visible=True)

        yield report
