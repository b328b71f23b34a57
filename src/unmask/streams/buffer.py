"""Passes frames from the thread that reads a stream to the one that judges, with at most one frame in between."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, replace

from unmask.video.frames import Frame


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection was made.

    Attributes:
        format: container or protocol.
        width, height: of the frames in pixels.
        duration: seconds of a recording; None for a live source.
    """

    format: str
    width: int
    height: int
    duration: float | None


@dataclass(frozen=True, slots=True)
class Disconnected:
    """A connection was lost.

    Attributes:
        reason: why.
        attempt: number of the next attempt in a row; None if there is none.
        delay: seconds until the next attempt.
    """

    reason: str
    attempt: int | None
    delay: float


Item = Frame | Connected | Disconnected


class FrameBuffer:
    """Holds at most one frame, and the notices around it.

    Attributes:
        skipped: frames that were replaced before they were judged.
    """

    def __init__(self) -> None:
        self.skipped = 0
        self._items: deque[Item] = deque()
        self._closed = False
        self._error: BaseException | None = None
        self._changed = threading.Condition()

    def put(self, item: Item, *, live: bool = True) -> bool:
        """Add an item; returns False if the buffer is closed.

        Args:
            item: the item.
            live: replace a waiting frame by a new one. False waits until the waiting frame is taken.
        """
        with self._changed:
            if isinstance(item, Frame):
                while not live and not self._closed and self._frame_waits():
                    self._changed.wait()
                if live and self._frame_waits():
                    earlier = self._items.pop()
                    assert isinstance(earlier, Frame)
                    item = replace(item, new_scene=item.new_scene or earlier.new_scene)
                    self.skipped += 1
            if not self._closed:
                self._items.append(item)
            self._changed.notify_all()
            return not self._closed

    def get(self, timeout: float) -> Item | None:
        """The next item; None if there is none within `timeout` seconds.

        Raises:
            EOFError: the buffer is closed and empty.
            BaseException: the error with which the buffer was closed.
        """
        with self._changed:
            if not self._items and not self._closed:
                self._changed.wait(timeout)
            if self._items:
                item = self._items.popleft()
                self._changed.notify_all()
                return item
            if self._error:
                raise self._error
            if self._closed:
                raise EOFError
            return None

    def close(self, error: BaseException | None = None) -> None:
        """Accept no more items. What waits can still be taken."""
        with self._changed:
            self._closed, self._error = True, self._error or error
            self._changed.notify_all()

    def wait_closed(self, seconds: float) -> bool:
        """Wait until the buffer is closed, for at most some seconds; returns whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: self._closed, seconds)

    def _frame_waits(self) -> bool:
        return bool(self._items) and isinstance(self._items[-1], Frame)
