"""The base class of all outputs. Findings are written in batches; each is on the disk before the next one starts."""

from __future__ import annotations

import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from unmask.errors import OutputError
from unmask.prevalence import restate_verdict
from unmask.verdict import Finding

FindingRow = dict[str, Any]
"""A finding in the wire form."""

BATCH_SIZE = 64
"""Maximum number of findings in a batch."""
BATCH_SECONDS = 1.0
"""Seconds after which `add` writes an incomplete batch."""


class Output(ABC):
    """A file of findings, one per path.

    Attributes:
        path: the file.
        batch_size: maximum number of findings in a batch.
        on_written: called with each batch after it is on the disk.
        prevalence: share of fakes for which rows also have restated probabilities; None for none.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.batch_size = BATCH_SIZE
        self.on_written: Callable[[Sequence[Finding]], None] = lambda batch: None
        self.prevalence: float | None = None
        self._batch: list[Finding] = []
        self._since = 0.0

    def add(self, finding: Finding) -> None:
        """Add one finding to the batch, and write the batch if it is due.

        Raises:
            OutputError: the disk is full or the file cannot be written; earlier batches are safe.
        """
        if not self._batch:
            self._since = time.monotonic()
        self._batch.append(finding)
        if len(self._batch) >= self.batch_size or time.monotonic() - self._since > BATCH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write the current batch to the disk.

        Raises:
            OutputError: the disk is full or the file cannot be written; earlier batches are safe.
        """
        if self._batch:
            batch, self._batch = self._batch, []
            with output_errors(self.path):
                self.store([self._row(finding) for finding in batch])
            self.on_written(batch)

    def _row(self, finding: Finding) -> FindingRow:
        if self.prevalence is None or finding.verdict is None:
            return finding.to_dict()
        return {**finding.to_dict(), **restate_verdict(finding.verdict, self.prevalence)}

    def close(self) -> None:
        """Write the current batch, finish the file and close it.

        Raises:
            OutputError: the disk is full or the file cannot be written.
        """
        self.flush()
        with output_errors(self.path):
            self.finish()

    @abstractmethod
    def rows(self) -> Iterator[FindingRow]:
        """The findings in the file, in the wire form, without an incomplete last record.

        Raises:
            OutputError: the file is not an output of a scan.
        """

    @abstractmethod
    def store(self, rows: Sequence[FindingRow]) -> None:
        """Write rows to the disk; on return they survive a crash."""

    @abstractmethod
    def finish(self) -> None:
        """Finish the file and close it."""


@contextmanager
def output_errors(path: Path) -> Iterator[None]:
    """Converts OSError and sqlite3.Error to OutputError."""
    try:
        yield
    except BrokenPipeError:
        raise
    except (OSError, sqlite3.Error) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise OutputError(
            f"{path}: cannot be written ({reason}); free space and continue with --resume; earlier findings are safe"
        ) from error
