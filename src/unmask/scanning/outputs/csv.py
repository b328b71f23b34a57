"""The CSV output. Rows are appended, so a crash can leave only the last one incomplete."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from unmask.errors import OutputError
from unmask.scanning.outputs.append_only import AppendOnlyOutput
from unmask.scanning.outputs.output import FindingRow
from unmask.scanning.outputs.table import BASE_COLUMNS, COLUMNS, flat, nested

FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r")
"""Spreadsheets run a cell that starts with one of these as a formula."""
ESCAPE_PREFIX = "./"
"""Written before such a path: a spreadsheet then shows it as text, and it still names the same file."""
_HEADER = list(COLUMNS)
_HEADERS = (_HEADER, list(BASE_COLUMNS))
"""Headers of outputs, the current one first."""


class CsvOutput(AppendOnlyOutput):
    """A `.csv` file. A file with the columns of an earlier version is continued with these columns."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._header = _HEADER

    def rows(self) -> Iterator[FindingRow]:
        """The findings in the file, without an incomplete last row."""
        for _, cells in self._records():
            if cells not in _HEADERS:
                yield self._finding(cells)

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """The offset behind each complete record, and its cells; the header is the first record."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            lines = _Lines(file)
            for number, cells in enumerate(csv.reader(iter(lines))):
                if number == 0:
                    self._header = cells if cells in _HEADERS else _HEADER
                incomplete = lines.at_end and (not lines.ended or len(cells) < len(self._header))
                if number == 0 and not _is_header(cells, incomplete):
                    raise self._not_a_scan("its columns differ")
                if incomplete:
                    return
                if len(cells) != len(self._header):
                    raise self._not_a_scan(f"row {number} has {len(cells)} cells")
                yield lines.offset, cells

    def _not_a_scan(self, reason: str) -> OutputError:
        return OutputError(f"{self.path}: was not written by `unmask scan` ({reason}); choose another --out")

    def _finding(self, cells: list[str]) -> FindingRow:
        try:
            row = nested(dict(zip(self._header, cells, strict=True)))
        except (KeyError, TypeError, ValueError) as error:
            raise self._not_a_scan(str(error)) from error
        bare = row["path"].removeprefix(ESCAPE_PREFIX)
        return row | {"path": bare} if bare.startswith(FORMULA_PREFIXES) else row

    def _complete_length(self) -> int:
        return max((end for end, _ in self._records()), default=0)

    def store(self, rows: Sequence[FindingRow]) -> None:
        """Write rows to the disk; on return they survive a crash."""
        if self._file or self._complete_length():
            header = []
        else:
            self._header = _HEADER
            header = [_HEADER]
        self._write(_text([*header, *(_cells(row, self._header) for row in rows)]))


def _is_header(cells: list[str], incomplete: bool) -> bool:
    return cells in _HEADERS or (incomplete and ",".join(_HEADER).startswith(",".join(cells)))


def _cells(row: FindingRow, header: Sequence[str]) -> list[Any]:
    columns = flat(row)
    if columns["path"].startswith(FORMULA_PREFIXES):
        columns["path"] = ESCAPE_PREFIX + columns["path"]
    return [columns[name] for name in header]


def _text(records: Sequence[Sequence[Any]]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\r\n").writerows(records)
    return buffer.getvalue().encode()


class _Lines:
    """The lines of a file for `csv.reader`.

    Attributes:
        offset: the offset behind the last line read.
        ended: whether that line has a line end.
        at_end: whether it is the last line of the file.
    """

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
