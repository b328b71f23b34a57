"""What a person sees of a training run, on stderr; nothing where nobody wants to see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager

from unmask.datasets import Item
from unmask.training.callbacks import Callback, Progress


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

    @contextmanager
    def over(self, items: Iterable[Item], doing: str) -> Iterator[Iterable[Item]]:
        """The same items, with a bar."""
        from rich.console import Console
        from rich.progress import Progress as Bar

        console = Console(stderr=True)
        with Bar(console=console, transient=True, disable=not (self.active and console.is_terminal)) as bar:
            yield bar.track(items, total=len(items) if isinstance(items, Sized) else None, description=doing)

    def callbacks(self) -> list[Callback]:
        """A progress bar for the run."""
        return [Progress()] if self.active else []
