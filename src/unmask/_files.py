"""Atomic writes and locks between processes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

PARTIAL = ".partial"
"""Suffix of a file that is being written."""


@contextmanager
def atomic_path(target: Path, *, sync: bool = False, shared: bool = False) -> Iterator[Path]:
    """A temporary path beside `target` that replaces it when the block ends without an error.

    A reader sees the old file or the complete new one, never a part. An error in the block removes the temporary file.

    Args:
        target: the file to write.
        sync: whether to wait until the disk holds the data; needed where the file must survive a power failure.
        shared: whether several processes may write the same target at once.
    """
    writer = f".{os.getpid()}" if shared else ""
    temporary = target.with_name(f".{target.name[:60]}{writer}{PARTIAL}")
    try:
        yield temporary
        if sync:
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_atomic(target: Path, data: bytes) -> None:
    """Write a file so that it is complete or unchanged."""
    with atomic_path(target) as temporary:
        temporary.write_bytes(data)


@contextmanager
def locked(file: IO[Any], *, wait: bool = True) -> Iterator[None]:
    """Hold an exclusive lock on an open file against other processes.

    Args:
        file: opened for writing.
        wait: whether to wait while another process holds the lock.

    Raises:
        BlockingIOError: another process holds the lock and `wait` is False.
    """
    _lock(file, wait)
    try:
        yield
    finally:
        file.flush()
        _unlock(file)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[Any], wait: bool) -> None:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError(*error.args) from error

    def _unlock(file: IO[Any]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(file: IO[Any], wait: bool) -> None:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(file: IO[Any]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
