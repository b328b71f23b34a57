"""Outputs that cannot be appended to: findings gather in a journal beside the file, which is made of it at the end."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path

from unmask.scanning.outputs.jsonl import JsonlOutput, encode
from unmask.scanning.outputs.output import Output, Row, replace

JOURNAL = ".journal.jsonl"
"""Added to the output's name; the journal is an output of a scan in its own right."""


class JournaledOutput(Output):
    """A file made of its journal by `close`, in one step that a crash cannot split."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._journal = JsonlOutput(journal_of(path))

    def rows(self) -> Iterator[Row]:
        """The findings in the journal, or in the finished file where there is no journal."""
        yield from self._journal.rows() if self._journal.path.exists() else self._stored()

    def store(self, rows: Sequence[Row]) -> None:
        """Write rows so that they survive a crash once this returns."""
        self._reopen()
        self._journal.store(rows)

    def _reopen(self) -> None:
        """Bring a finished file's findings back into the journal."""
        if not self._journal.path.exists() and self.path.exists():
            temporary = self._journal.path.with_suffix(".tmp")
            with temporary.open("wb") as file:
                file.writelines(map(encode, self._stored()))
            replace(temporary, self._journal.path)

    def finish(self) -> None:
        """Bring the file into its final form."""
        self._reopen()
        self._journal.finish()
        temporary = self.path.with_name(self.path.name + ".tmp")
        self._make(self._journal.rows(), temporary)
        replace(temporary, self.path)

    @abstractmethod
    def _make(self, rows: Iterator[Row], path: Path) -> None:
        """Write the file in its final form."""

    def _stored(self) -> Iterator[Row]:
        """The findings in a finished file; none where it cannot be read back."""
        return iter(())


def journal_of(path: Path) -> Path:
    """Where the journal of an output lies."""
    return path.with_name(path.name + JOURNAL)
