"""Messages and progress bars of a training run on stderr, or none."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass

from unmask.progress import Progress, progress_bar, stderr_console


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
        """A context that shows a progress bar and gives its `Progress`."""
        return progress_bar(self.active)
