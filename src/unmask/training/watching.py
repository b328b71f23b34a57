"""What a person sees of a training run, on stderr; nothing where nobody wants to see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from unmask.training.callbacks import Callback, Progress

T = TypeVar("T")


class Watching:
    """Says what is going on, or keeps silent.

    Attributes:
        active: whether it says anything.
    """

    def __init__(self, active: bool) -> None:
        self.active = active

    def say(self, text: str) -> None:
        """One line."""
        if self.active:
            from rich.console import Console

            Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(text)

    def over(self, items: Sequence[T], description: str) -> Iterable[T]:
        """The same items, with a bar."""
        if not self.active:
            return items
        from rich.console import Console
        from rich.progress import track

        console = Console(stderr=True)
        return track(items, description, console=console, transient=True, disable=not console.is_terminal)

    def callbacks(self) -> list[Callback]:
        """A progress bar for the run."""
        return [Progress()] if self.active else []
