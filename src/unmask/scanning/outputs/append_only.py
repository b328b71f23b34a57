"""Output files that are only appended to; a partial last record is truncated."""

from __future__ import annotations

import os
from abc import abstractmethod
from pathlib import Path

from unmask.scanning.outputs.output import Output


class AppendOnlyFile:
    """A file to which a batch is appended completely or not at all."""

    def __init__(self, path: Path, length: int) -> None:
        """Open the file and truncate it to `length` bytes, which drops a record that a crash left incomplete."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
        os.ftruncate(self._descriptor, length)
        self._length = length

    def append(self, data: bytes) -> None:
        """Write data and wait until it is on the disk."""
        try:
            os.lseek(self._descriptor, self._length, os.SEEK_SET)
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            os.fsync(self._descriptor)
        except OSError:
            os.ftruncate(self._descriptor, self._length)
            raise
        self._length += len(data)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


class AppendOnlyOutput(Output):
    """An output whose records are appended to its file."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._file: AppendOnlyFile | None = None

    @abstractmethod
    def _complete_length(self) -> int:
        """The offset behind the last complete record; 0 if there is no file.

        Raises:
            OutputError: the file is not an output of a scan.
        """

    def _write(self, data: bytes) -> None:
        if self._file is None:
            self._file = AppendOnlyFile(self.path, self._complete_length())
        self._file.append(data)

    def finish(self) -> None:
        """Truncate an incomplete last record, and close the file."""
        self.store([])
        if self._file:
            self._file.close()
            self._file = None
