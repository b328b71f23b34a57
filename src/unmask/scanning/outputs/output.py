"""What all outputs share: findings are gathered into batches, and a batch is on the disk before the next one begins."""

from __future__ import annotations

import os
import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from unmask.errors import OutputError
from unmask.verdict import Finding

Row = dict[str, Any]
"""A finding's wire form."""

BATCH = 64
"""Findings that are written together at the most, as a rule."""
LONGEST = 1.0
"""Seconds a finding waits for others at most, as long as findings come."""


class Output(ABC):
    """A file of findings, one for each path.

    Attributes:
        path: the file.
        batch: findings that are written together at the most.
        on_written: told about each batch once it is safely on the disk.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.batch = BATCH
        self.on_written: Callable[[Sequence[Finding]], None] = lambda batch: None
        self._batch: list[Finding] = []
        self._since = 0.0

    def add(self, finding: Finding) -> None:
        """Take one finding; it is on the disk after `flush` at the latest.

        Raises:
            OutputError: the disk is full or the file cannot be written; everything written before is safe.
        """
        if not self._batch:
            self._since = time.monotonic()
        self._batch.append(finding)
        if len(self._batch) >= self.batch or time.monotonic() - self._since > LONGEST:
            self.flush()

    def flush(self) -> None:
        """Bring everything taken so far to the disk.

        Raises:
            OutputError: the disk is full or the file cannot be written; everything written before is safe.
        """
        if self._batch:
            batch, self._batch = self._batch, []
            with output_errors(self.path):
                self.store([finding.to_dict() for finding in batch])
            self.on_written(batch)

    def close(self) -> None:
        """Flush, and bring the file into its final form.

        Raises:
            OutputError: the disk is full or the file cannot be written.
        """
        self.flush()
        with output_errors(self.path):
            self.finish()

    @abstractmethod
    def rows(self) -> Iterator[Row]:
        """What the file holds, in the wire form; leaves what a crash tore out of account.

        Raises:
            OutputError: the file is not one of a scan.
        """

    @abstractmethod
    def store(self, rows: Sequence[Row]) -> None:
        """Write rows so that they survive a crash once this returns."""

    @abstractmethod
    def finish(self) -> None:
        """Bring the file into its final form, and close it."""


@contextmanager
def output_errors(path: Path) -> Iterator[None]:
    """Turns a full disk and its kin into one line that says what to do."""
    try:
        yield
    except BrokenPipeError:
        raise
    except (OSError, sqlite3.Error) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise OutputError(
            f"{path}: cannot be written ({reason}); what was written before is safe: make room and go on with --resume"
        ) from error


def replace(temporary: Path, path: Path) -> None:
    """Put a finished file in the place of another one, in one step that a crash cannot split."""
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    temporary.replace(path)
