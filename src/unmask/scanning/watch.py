"""Files as they arrive in folders, each once, after it is fully written."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from threading import Event

from unmask.errors import UsageError
from unmask.scanning.items import ScanItem
from unmask.scanning.path_set import PathSet
from unmask.scanning.sources import below

PAUSE = 0.5
"""Seconds between two looks into the folders."""
SETTLE = 2.0
"""Seconds for which a file's size and time must stand still before it counts as written."""

Mark = tuple[int, int]


def new_files(
    folders: Sequence[str], stop: Event, *, leave_out: str | None = None, settle: float = SETTLE
) -> Iterator[ScanItem | None]:
    """Files that are in the folders and those that come, until told to stop; None while there is nothing new.

    Empty files are waited for: something is about to be written into them.

    Raises:
        UsageError: a source that is no folder.
    """
    for folder in folders:
        if not os.path.isdir(folder):
            raise UsageError(f"{folder}: not a folder; only folders can be watched")
    handed_out = PathSet()
    unsettled: dict[str, tuple[Mark, float]] = {}
    while not stop.is_set():
        rescore = time.monotonic() + PAUSE
        for path in (path for folder in folders for path in below(folder, leave_out) if path not in handed_out):
            if _is_settled(path, unsettled, settle):
                del unsettled[path]
                handed_out.add(path)
                yield ScanItem(path)
        while time.monotonic() < rescore and not stop.is_set():
            yield None


def _is_settled(path: str, unsettled: dict[str, tuple[Mark, float]], settle: float) -> bool:
    """Whether nothing has changed about a file for long enough."""
    try:
        status = os.stat(path)
    except OSError:
        unsettled.pop(path, None)
        return False
    mark, now = (status.st_size, status.st_mtime_ns), time.monotonic()
    known, since = unsettled.get(path, (None, now))
    if known != mark:
        since = now
    unsettled[path] = (mark, since)
    return status.st_size > 0 and now - since >= settle
