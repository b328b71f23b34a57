"""CSV, for spreadsheets. Rows are appended; a crash can tear only the last one."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from unmask.errors import OutputError
from unmask.scanning.outputs.append_only import AppendOnlyOutput
from unmask.scanning.outputs.output import Row
from unmask.scanning.outputs.table import COLUMNS, flat, nested

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet runs a cell that begins with one of these."""
GUARD = "./"
"""Written before such a path, which then names the same file and is mere text."""
_HEAD = list(COLUMNS)


class CsvOutput(AppendOnlyOutput):
    """A `.csv` file."""

    def rows(self) -> Iterator[Row]:
        """The findings in the file; a torn last row is left out of account."""
        for _, cells in self._records():
            if cells != _HEAD:
                yield self._finding(cells)

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """The offset behind each whole record, and its cells; the head is the first."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            lines = _Lines(file)
            for number, cells in enumerate(csv.reader(iter(lines))):
                torn = lines.at_end and (not lines.ended or len(cells) < len(_HEAD))
                if not number and cells != _HEAD and not (torn and ",".join(_HEAD).startswith(",".join(cells))):
                    raise self._foreign("its columns differ")
                if torn:
                    return
                if len(cells) != len(_HEAD):
                    raise self._foreign(f"row {number} has {len(cells)} cells")
                yield lines.offset, cells

    def _foreign(self, reason: str) -> OutputError:
        return OutputError(f"{self.path}: not a table of a scan ({reason}); name another --out")

    def _finding(self, cells: list[str]) -> Row:
        try:
            row = nested(dict(zip(_HEAD, cells, strict=True)))
        except (KeyError, TypeError, ValueError) as error:
            raise self._foreign(str(error)) from error
        bare = row["path"].removeprefix(GUARD)
        return row | {"path": bare} if bare.startswith(FORMULA) else row

    def _whole(self) -> int:
        return max((end for end, _ in self._records()), default=0)

    def store(self, rows: Sequence[Row]) -> None:
        """Write rows so that they survive a crash once this returns."""
        head = [] if self._file or self._whole() else [_HEAD]
        self._write(_text([*head, *map(_cells, rows)]))


def _cells(row: Row) -> list[Any]:
    columns = flat(row)
    if columns["path"].startswith(FORMULA):
        columns["path"] = GUARD + columns["path"]
    return [columns[name] for name in _HEAD]


def _text(records: Sequence[Sequence[Any]]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\r\n").writerows(records)
    return buffer.getvalue().encode()


class _Lines:
    """Lines of a file for the CSV reader, with a note of how far it has read."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file
        self.offset = 0
        self.ended = True
        self.at_end = False

    def __iter__(self) -> Iterator[str]:
        for line in self._file:
            self.offset += len(line)
            self.ended = line.endswith(b"\n")
            self.at_end = not self._file.peek(1)
            yield line.decode("utf-8", "replace")
