"""Stop a long command on Ctrl-C or SIGTERM."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any


@contextmanager
def stop_on_signals() -> Iterator[Event]:
    """An event that the first SIGINT or SIGTERM sets; the second one raises KeyboardInterrupt."""
    stop = Event()

    def handle(number: int, frame: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        sys.stderr.write("\nunmask: completing the pending items; press Ctrl-C again to stop immediately\n")

    signals = (signal.SIGINT, signal.SIGTERM)
    earlier = [signal.signal(each, handle) for each in signals]
    try:
        yield stop
    finally:
        for each, handler in zip(signals, earlier, strict=True):
            signal.signal(each, handler)
