"""Work somebody waits for: how far it is, and whether they still wait."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from unmask.web.errors import ClientDisconnected


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one picture is: `done` of `total` inferences of step `step`, which counts from 1."""

    step: int
    done: int
    total: int


def untold(progress: Progress) -> None:
    """Nobody wants to know."""


class Watch:
    """Follows work in a thread from outside it; the work calls it after each batch of inferences.

    Attributes:
        calls: how often it was called; grows as long as the work goes on.
    """

    def __init__(self, tell: Callable[[Progress], None] = untold) -> None:
        self._tell = tell
        self._left = threading.Event()
        self._step, self._done, self._total = 0, 0, 0
        self.calls = 0

    def __call__(self, done: int, total: int) -> None:
        """Note progress. A count that does not grow, or another total, begins the next step.

        Args:
            done: inferences done of the current step.
            total: how many it has.

        Raises:
            ClientDisconnected: nobody waits any more.
        """
        if self._left.is_set():
            raise ClientDisconnected("nobody waits for this any more")
        if done <= self._done or total != self._total:
            self._step += 1
        self._done, self._total = done, total
        self.calls += 1
        self._tell(Progress(self._step, done, total))

    def leave(self) -> None:
        """Nobody waits any more: the next call ends the work, for its thread is needed for others."""
        self._left.set()
