"""Outputs whose file format cannot be appended to.

Findings are appended to a journal beside the file. The file is written from the journal when the scan ends.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path

from unmask._files import atomic_path
from unmask.scanning.outputs.jsonl import JsonlOutput, encode
from unmask.scanning.outputs.output import FindingRow, Output

JOURNAL_SUFFIX = ".journal.jsonl"
"""Added to the name of the output; the journal is a JSON Lines output."""


class JournaledOutput(Output):
    """An output that `close` writes atomically from its journal."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._journal = JsonlOutput(journal_path(path))

    def rows(self) -> Iterator[FindingRow]:
        """The findings in the journal, or in the finished file if there is no journal."""
        yield from self._journal.rows() if self._journal.path.exists() else self._read_file()

    def store(self, rows: Sequence[FindingRow]) -> None:
        """Write rows to the disk; on return they survive a crash."""
        self._restore_journal()
        self._journal.store(rows)

    def _restore_journal(self) -> None:
        """Write the findings of a finished file to a journal, unless there is one."""
        if not self._journal.path.exists() and self.path.exists():
            with atomic_path(self._journal.path, sync=True) as temporary, temporary.open("wb") as file:
                file.writelines(map(encode, self._read_file()))

    def finish(self) -> None:
        """Write the file from the journal."""
        self._restore_journal()
        self._journal.finish()
        with atomic_path(self.path, sync=True) as temporary:
            self._write_file(self._journal.rows(), temporary)

    @abstractmethod
    def _write_file(self, rows: Iterator[FindingRow], path: Path) -> None:
        """Write the finished file."""

    def _read_file(self) -> Iterator[FindingRow]:
        """The findings in the finished file; none if the format cannot be read."""
        return iter(())


def journal_path(path: Path) -> Path:
    """The path of an output's journal."""
    return path.with_name(path.name + JOURNAL_SUFFIX)
