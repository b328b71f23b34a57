"""Read lists of pictures: text files with one path per line, and tables with a column of paths."""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from unmask.errors import MissingExtra, SourceError
from unmask.scanning.remote import is_remote

PATH_COLUMNS = ("file_name", "path", "filename", "file", "image", "image_path", "url")
"""Column names that may hold the path, in order of preference."""

TableRow = Mapping[str, Any]
ListEntry = tuple[str, SourceError | None]
"""A path and None, or the place of a row without a path and its error."""


def is_list(path: str) -> bool:
    """Whether the file name ends like that of a list."""
    return Path(path).suffix.lower() in (".txt", ".lst", *_TABLES)


def read_list(path: str) -> Iterator[ListEntry]:
    """Yields the paths in a list. Paths in a table are relative to the table's folder.

    Raises:
        SourceError: the list cannot be read, or no column holds paths.
        MissingExtra: the list is a Parquet table and pyarrow is not installed.
    """
    file = Path(path)
    reader = _TABLES.get(file.suffix.lower())
    try:
        if reader:
            yield from _from_table(reader(file), file)
        else:
            with file.open("rb") as stream:
                yield from ((line, None) for line in _lines(stream))
    except (OSError, UnicodeDecodeError, csv.Error, json.JSONDecodeError) as error:
        raise SourceError(f"{path}: cannot be read as a list of pictures ({error})") from error


def read_stdin() -> Iterator[str]:
    """Yields paths from stdin, separated by line ends or by NUL (as `find -print0` writes them)."""
    yield from _lines(sys.stdin.buffer)


def _lines(stream: BinaryIO) -> Iterator[str]:
    for line in stream:
        for part in line.rstrip(b"\r\n").split(b"\0"):
            if part:
                yield os.fsdecode(part)


def _from_table(rows: Iterable[TableRow], table: Path) -> Iterator[ListEntry]:
    column: str | None = None
    for number, row in enumerate(rows, start=1):
        column = column or next((name for name in PATH_COLUMNS if row.get(name)), None)
        if column is None:
            columns = ", ".join(map(str, row)) or "none"
            raise SourceError(
                f"{table}: no column holds paths; name one {PATH_COLUMNS[0]} or {PATH_COLUMNS[1]} (columns: {columns})"
            )
        value = row.get(column)
        if value:
            yield (str(value) if is_remote(str(value)) else str(table.parent / str(value))), None
        else:
            place = f"{table}, row {number}"
            yield place, SourceError(f"{place}: {column} is empty")


def _csv_rows(table: Path) -> Iterator[TableRow]:
    with table.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
        yield from csv.DictReader(file)


def _json_rows(table: Path) -> Iterator[TableRow]:
    with table.open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                row = json.loads(line)
                yield row if isinstance(row, dict) else {}


def _parquet_rows(table: Path) -> Iterator[TableRow]:
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        raise MissingExtra("reading a Parquet table", "parquet") from None
    try:
        with parquet.ParquetFile(table) as file:
            columns = [name for name in PATH_COLUMNS if name in file.schema_arrow.names]
            for batch in file.iter_batches(columns=columns[:1]):
                yield from batch.to_pylist()
    except arrow.ArrowException as error:
        raise SourceError(f"{table}: cannot be read as Parquet ({error})") from error


_TABLES: dict[str, Callable[[Path], Iterable[TableRow]]] = {
    ".csv": _csv_rows,
    ".jsonl": _json_rows,
    ".ndjson": _json_rows,
    ".parquet": _parquet_rows,
}
