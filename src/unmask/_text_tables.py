"""Read lists and tables of text: detect the encoding, the line ends, the separator and the header.

Spreadsheets and shells write the same table in many forms: UTF-8 with or without a byte order mark, UTF-16 (the `>` of
Windows PowerShell), commas, semicolons or tabs. Bytes that are not UTF-8 become surrogate escapes, as in file names.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, TextIO

PATH_COLUMNS = ("file_name", "path", "filename", "file", "image", "image_path")
"""Names of the column of paths, in order of preference."""
OTHER_PATH_COLUMNS = ("filepath", "file_path", "full_name", "fullname", "image_file", "img_path", "picture", "photo")
"""More names of that column, used when a table has none of `PATH_COLUMNS`."""
SEPARATORS = (",", ";", "\t", "|")
TAB_SUFFIXES = (".tsv", ".tab")

_BOM = "\ufeff"
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HEAD = 4096
_MIN_UTF16 = 8
"""Bytes that are needed to recognize UTF-16 without a byte order mark."""
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
"""The first line with which Excel names the separator."""
_HEADER_CELL = re.compile(r"#?[\w \-]+")

TableRow = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Encoding:
    name: str
    errors: str

    def wrong(self) -> ValueError:
        return ValueError(f"not valid {self.name.upper()} text; save it as UTF-8")


def _detect(head: bytes) -> _Encoding:
    """The encoding of a text, by its first bytes."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            return _Encoding(name, "strict")
    even, odd = head[::2], head[1::2]
    if len(head) >= _MIN_UTF16:
        if not any(odd) and all(even):
            return _Encoding("utf-16-le", "strict")
        if not any(even) and all(odd):
            return _Encoding("utf-16-be", "strict")
    return _Encoding("utf-8", "surrogateescape")


def text_lines(stream: BinaryIO) -> Iterator[str]:
    """Yields the lines of a binary stream without their line feeds, each as soon as it has been received.

    Raises:
        ValueError: the bytes are not text in the encoding that they start with.
    """
    first = stream.readline()
    encoding = _detect(first)
    decoder = codecs.getincrementaldecoder(encoding.name)(encoding.errors)
    rest, start = "", True
    try:
        for chunk in chain([first], stream, [b""]):
            rest += decoder.decode(chunk, final=not chunk)
            *lines, rest = rest.split("\n")
            for line in lines:
                yield line.lstrip(_BOM) if start else line
                start = False
    except UnicodeDecodeError as error:
        raise encoding.wrong() from error
    if rest:
        yield rest.lstrip(_BOM) if start else rest


def csv_rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, TableRow]]:
    """Yields the number and the cells of each row of a CSV or TSV table; empty rows are counted but not yielded.

    Args:
        path: the table. Its header decides which of `SEPARATORS` it has; a first line `sep=;` does too.
        columns: the columns that the caller reads, the preferred ones first. A column of the table gets one of these
            names if it differs only in case, or has spaces or hyphens instead of underscores. Other columns keep their
            names.

    Raises:
        OSError: the table cannot be read.
        ValueError: the table is not text or not CSV, has none of the columns, or all its rows are empty.
    """
    default = "\t" if path.suffix.lower() in TAB_SUFFIXES else ","
    with _open_text(path) as stream:
        lines = _checked_lines(stream)
        header, separator = _find_header(lines, columns, default)
        if header and not _known(_cells(header, separator), columns):
            found = ", ".join(_cells(header, separator))
            raise ValueError(
                f"no column is called {columns[0]} or {columns[1]}; name it in the first line, not: {found}"
            )
        reader = csv.reader(chain([header], lines), delimiter=separator)
        number = filled = 0
        try:
            names = _column_names(next(reader, []), columns)
            for number, cells in enumerate((cells for cells in reader if cells), start=1):
                if any(cell.strip() for cell in cells):
                    filled += 1
                    yield number, _row(names, cells)
        except csv.Error as error:
            raise ValueError(f"not a table near line {reader.line_num}: {error}; check the quotes") from error
        if number and not filled:
            raise ValueError("all rows are empty")


def json_rows(path: Path, columns: Collection[str]) -> Iterator[tuple[int, TableRow]]:
    """Yields the number and the object of each line of a JSON Lines file; blank lines are skipped.

    A line that holds no object has no values.

    Args:
        path: the file.
        columns: the keys that the caller reads, in any case, as in `csv_rows`.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is not text, or a line is not JSON.
    """
    with _open_text(path) as stream:
        number = 0
        for place, line in enumerate(_checked_lines(stream), start=1):
            if not line.strip():
                continue
            number += 1
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise ValueError(f"line {place} is not JSON ({error.msg})") from error
            yield number, rename_columns(row, columns) if isinstance(row, dict) else {}


def first_line(path: Path) -> str:
    """The first line of a text file that is neither blank nor a comment; empty if there is none.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is not text.
    """
    with _open_text(path) as stream:
        lines = (line.lstrip(_BOM).strip() for line in stream)
        return next((line for line in lines if line and not line.startswith("#")), "")


def is_header(line: str, columns: Collection[str]) -> bool:
    """Whether a line names one of the columns of a table, and no cell of it can be a path."""
    cells = max((_cells(line, each) for each in SEPARATORS), key=lambda cells: (_known(cells, columns), len(cells)))
    return _known(cells, columns) > 0 and all(_HEADER_CELL.fullmatch(cell) or not cell for cell in cells)


def rename_columns(row: TableRow, columns: Collection[str]) -> TableRow:
    """The row with the names that the caller reads; an exact name has precedence over one in another case."""
    return dict(zip(_column_names(list(row), columns), row.values(), strict=True))


@contextmanager
def _open_text(path: Path) -> Iterator[TextIO]:
    """Opens a text file with the encoding that its first bytes show."""
    with path.open("rb") as file:
        encoding = _detect(file.peek(_HEAD)[:_HEAD])
        try:
            yield io.TextIOWrapper(file, encoding.name, encoding.errors, newline="")
        except UnicodeDecodeError as error:
            raise encoding.wrong() from error


def _checked_lines(stream: TextIO) -> Iterator[str]:
    """Yields the lines with their ends, without the byte order mark."""
    for number, line in enumerate(stream, start=1):
        if "\0" in line:
            raise ValueError(
                f"line {number} contains a NUL byte, so this is not a text table; export it as CSV in UTF-8"
            )
        yield line.lstrip(_BOM) if number == 1 else line


def _find_header(lines: Iterator[str], columns: Collection[str], default: str) -> tuple[str, str]:
    """The header line and the separator.

    The separator is the one that makes the most names of the header known; among equals, the one that makes the most
    cells. Blank lines and comments before the header are skipped.
    """
    candidates = (default, *(each for each in SEPARATORS if each != default))
    for line in lines:
        if found := _SEPARATOR_LINE.fullmatch(line.strip("\r\n")):
            candidates = (found[1],)
            continue
        split = {each: _cells(line, each) for each in candidates}
        best = max(candidates, key=lambda each: (_known(split[each], columns), len(split[each])))
        is_comment = line.startswith("#") and not _known(split[best], columns)
        if any(split[best]) and not is_comment:
            return line, best
    return "", default


def _cells(line: str, separator: str) -> list[str]:
    """The cells of one line, without surrounding spaces."""
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]
    except csv.Error:
        return [line.strip()]


def _known(names: list[str], columns: Collection[str]) -> int:
    return len({_normalized(name) for name in names} & set(columns))


def _column_names(names: list[str], columns: Collection[str]) -> list[str]:
    exact = set(names)
    renamed = []
    for name in names:
        normal = _normalized(name)
        renamed.append(normal if normal in columns and normal not in exact else name)
    return renamed


def _normalized(name: object) -> str:
    return re.sub(r"[\s\-]+", "_", str(name).strip().lstrip("#").strip().casefold())


def _row(names: list[str], cells: list[str]) -> TableRow:
    """The cells by the names of their columns; cells beyond the header are dropped."""
    return dict(zip(names, cells))  # noqa: B905
