"""Seconds of watching, from timestamps that restart, jump, or do not exist."""

from __future__ import annotations

import time
from collections.abc import Callable

MAX_JUMP = 10.0
"""Seconds between two consecutive frames from which a timestamp is not believed."""


class StreamClock:
    """Continues over lost connections. It follows the timestamps of the frames, else the wall clock.

    Attributes:
        position: seconds since the first frame.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.position = 0.0
        self._monotonic = monotonic
        self._wall: float | None = None
        self._stamp: float | None = None

    def restart(self) -> None:
        """Forget the last timestamp, because a new connection begins."""
        self._stamp = None

    def advance(self, stamp: float | None) -> float:
        """The position of the next frame.

        Args:
            stamp: its timestamp in seconds; None if it has none that can be used.
        """
        wall, elapsed = self._monotonic(), 0.0
        if self._wall is not None:
            elapsed = wall - self._wall
            if stamp is not None and self._stamp is not None and 0 <= stamp - self._stamp <= MAX_JUMP:
                elapsed = stamp - self._stamp
        self._wall, self._stamp = wall, stamp
        self.position += elapsed
        return self.position
