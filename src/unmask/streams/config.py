"""The settings of a watch."""

from __future__ import annotations

from dataclasses import dataclass

from unmask.errors import UsageError

MAX_WINDOW_FRAMES = 1000
"""Frames of a window at most, so that memory stays small."""


@dataclass(frozen=True, slots=True)
class StreamConfig:
    """How a stream is sampled and judged.

    Attributes:
        every: seconds between two judged frames.
        window: seconds of a track that its verdict covers.
        retries: attempts in a row to connect again after a loss; 0 for none.
        timeout: seconds without data after which the connection counts as lost.
    """

    every: float = 1.0
    window: float = 30.0
    retries: int = 10
    timeout: float = 10.0

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            UsageError: a value is out of its range.
        """
        if not 0 < self.every <= self.window:
            raise UsageError(
                f"the interval of {self.every:g} s must be above 0 and at most the window, {self.window:g} s"
            )
        if self.window / self.every > MAX_WINDOW_FRAMES:
            raise UsageError(
                f"a window of {self.window:g} s every {self.every:g} s has more than {MAX_WINDOW_FRAMES} frames; "
                "choose a shorter window or a longer interval"
            )
        if self.retries < 0 or self.timeout <= 0:
            raise UsageError("retries must be at least 0, and the timeout above 0")

    @property
    def window_frames(self) -> int:
        """Frames of a track that are kept at most."""
        return int(self.window / self.every) + 1
