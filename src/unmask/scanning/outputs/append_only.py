"""Files that only grow, and are cut back to the last whole record where a write did not end."""

from __future__ import annotations

import os
from abc import abstractmethod
from pathlib import Path

from unmask.scanning.outputs.output import Output


class AppendOnlyFile:
    """A file that takes all of a batch or nothing of it."""

    def __init__(self, path: Path, whole: int) -> None:
        """Open for appending after the first `whole` bytes; what follows them was torn by a crash."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
        os.ftruncate(self._descriptor, whole)
        self._whole = whole

    def append(self, data: bytes) -> None:
        """Write, and wait until the disk has it."""
        try:
            os.lseek(self._descriptor, self._whole, os.SEEK_SET)
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            os.fsync(self._descriptor)
        except OSError:
            os.ftruncate(self._descriptor, self._whole)
            raise
        self._whole += len(data)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


class AppendOnlyOutput(Output):
    """An output that is written record by record at its end."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._file: AppendOnlyFile | None = None

    @abstractmethod
    def _whole(self) -> int:
        """Bytes up to the end of the last whole record, 0 without a file.

        Raises:
            OutputError: the file is not one of a scan.
        """

    def _write(self, data: bytes) -> None:
        if self._file is None:
            self._file = AppendOnlyFile(self.path, self._whole())
        self._file.append(data)

    def finish(self) -> None:
        """Cut off what was torn, and close."""
        self.store([])
        if self._file:
            self._file.close()
            self._file = None
