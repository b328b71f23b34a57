"""Messages and progress bars of a training run on stderr, or none."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from unmask.progress import Progress, progress_bar, stderr_console

SECONDS_BETWEEN_LINES = 60.0
"""Time between two lines of progress where there is no terminal."""


@dataclass(frozen=True, slots=True)
class Console:
    """Reports a run to a person.

    Attributes:
        active: False prints nothing.
    """

    active: bool

    def log(self, text: str) -> None:
        """Print one line."""
        if self.active:
            stderr_console().print(text, highlight=False, markup=False, soft_wrap=True)

    def progress_bar(self) -> AbstractContextManager[Progress]:
        """A context that shows a progress bar, or without a terminal one line a minute, and gives its `Progress`."""
        if self.active and not stderr_console().is_terminal:
            return nullcontext(ProgressLines(self.log))
        return progress_bar(self.active)


class ProgressLines:
    """Reports progress as one line a minute, for logs and pipes."""

    def __init__(self, log: Callable[[str], None]) -> None:
        self._log, self._last = log, time.monotonic()

    def __call__(self, task: str, done: int, total: int | None) -> None:
        """Print the task and its counts if the last line is a minute old."""
        if time.monotonic() - self._last >= SECONDS_BETWEEN_LINES:
            self._last = time.monotonic()
            self._log(f"{task}  ({done:,} of {total:,})" if total else f"{task}  ({done:,})")
