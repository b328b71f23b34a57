"""Watch folders for new files."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from threading import Event

from unmask.errors import UsageError
from unmask.scanning.items import ScanItem
from unmask.scanning.path_set import PathSet
from unmask.scanning.sources import walk_pictures

POLL_INTERVAL = 0.5
"""Seconds between two listings of the folders."""
SETTLE_TIME = 2.0
"""Seconds without a change of size or modification time after which a file counts as complete."""

FileState = tuple[int, int]
"""Size in bytes and modification time in nanoseconds."""


def new_files(
    folders: Sequence[str], stop: Event, *, leave_out: str | None = None, settle: float = SETTLE_TIME
) -> Iterator[ScanItem | None]:
    """Yields each file in the folders once it is complete, until `stop` is set; yields None while there is no new one.

    An empty file counts as incomplete.

    Raises:
        UsageError: a source is not a folder.
    """
    for folder in folders:
        if not os.path.isdir(folder):
            raise UsageError(f"{folder}: not a folder; only folders can be watched")
    yielded = PathSet()
    pending: dict[str, tuple[FileState, float]] = {}
    while not stop.is_set():
        next_poll = time.monotonic() + POLL_INTERVAL
        for path in (path for folder in folders for path in walk_pictures(folder, leave_out) if path not in yielded):
            if _is_complete(path, pending, settle):
                del pending[path]
                yielded.add(path)
                yield ScanItem(path)
        while time.monotonic() < next_poll and not stop.is_set():
            yield None


def _is_complete(path: str, pending: dict[str, tuple[FileState, float]], settle: float) -> bool:
    """Whether a file is not empty and has not changed for `settle` seconds."""
    try:
        status = os.stat(path)
    except OSError:
        pending.pop(path, None)
        return False
    state, now = (status.st_size, status.st_mtime_ns), time.monotonic()
    known, since = pending.get(path, (None, now))
    if known != state:
        since = now
    pending[path] = (state, since)
    return status.st_size > 0 and now - since >= settle
