"""Read lists of images: text files with one path per line, and tables with a column of paths."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from unmask._listed_paths import find_listed, is_plain, is_windows_absolute, missing_reason, unquoted
from unmask._text_tables import (
    OTHER_PATH_COLUMNS,
    csv_rows,
    first_line,
    is_header,
    json_rows,
    rename_columns,
    text_lines,
)
from unmask._text_tables import PATH_COLUMNS as LOCAL_PATH_COLUMNS
from unmask.errors import MissingExtra, MissingFile, SourceError, UnmaskError
from unmask.scanning.archives import is_member
from unmask.scanning.items import is_supported
from unmask.scanning.remote import is_remote

PATH_COLUMNS = (*LOCAL_PATH_COLUMNS, "url", *OTHER_PATH_COLUMNS)
"""Column names that may hold the path, in order of preference."""
COMMENT = "#"
WORKBOOK_SUFFIXES = (".xlsx", ".xlsm", ".xls", ".ods", ".numbers")

TableRow = Mapping[str, Any]
NumberedRows = Iterable[tuple[int, TableRow]]
ListEntry = tuple[str, UnmaskError | None]
"""A path and None; or the path of a missing file, or the place of a row without a path, and its error."""


def is_list(path: str) -> bool:
    """Whether the file name ends like that of a list, or of a workbook, which `read_list` does not accept."""
    return Path(path).suffix.lower() in (".txt", ".lst", *WORKBOOK_SUFFIXES, *_TABLES)


def read_list(path: str) -> Iterator[ListEntry]:
    """Yields the paths in a list. Paths in a table are relative to the table's folder.

    A text file whose first line names a column of paths is a table. A table whose first line is a path has no header.

    Raises:
        SourceError: the list cannot be read, or no column holds paths.
        MissingExtra: the list is a Parquet table and pyarrow is not installed.
    """
    file = Path(path)
    if file.suffix.lower() in WORKBOOK_SUFFIXES:
        raise SourceError(f"{path}: a workbook cannot be read as a list of pictures; export it as CSV")
    reader = _TABLES.get(file.suffix.lower())
    try:
        if reader is None and is_header(first_line(file), PATH_COLUMNS):
            reader = csv_rows
        has_lines = reader is None or (reader is csv_rows and is_supported(unquoted(first_line(file))))
        if reader and not has_lines:
            yield from _from_table(reader(file, PATH_COLUMNS), file)
        else:
            with file.open("rb") as stream:
                yield from _from_lines(stream, file.parent if reader else None)
    except (OSError, ValueError) as error:
        raise SourceError(f"{path}: cannot be read as a list of pictures ({error})") from error


def read_stdin() -> Iterator[ListEntry]:
    """Yields paths from stdin, separated by line ends or by NUL (as `find -print0` writes them).

    Raises:
        SourceError: stdin is not text.
    """
    try:
        yield from _from_lines(sys.stdin.buffer, None)
    except ValueError as error:
        raise SourceError(f"stdin: cannot be read as a list of pictures ({error})") from error


def _from_lines(stream: BinaryIO, folder: Path | None) -> Iterator[ListEntry]:
    """Yields one entry per line, as `_entry` does; paths that are separated by NUL are taken as they are."""
    for line in text_lines(stream):
        parts = line.rstrip("\r").split("\0")
        if len(parts) > 1:
            yield from ((part, None) for part in parts if part)
            continue
        lines = parts if "\r" not in parts[0] or os.path.exists(parts[0]) else parts[0].split("\r")
        yield from (_entry(each, folder) for each in lines if each.strip() and not _is_comment(each))


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(COMMENT) and not os.path.exists(line)


def _entry(written: str, folder: Path | None) -> ListEntry:
    """The path of an image, or its error if the path is written in an unusual way and no reading of it exists.

    Args:
        written: the path or URL as written.
        folder: relative paths start here; None for the current folder.
    """
    if is_remote(written):
        return written, None
    reason = ""
    if not (is_plain(written) or is_member(written)):
        try:
            found = find_listed(written, folder or Path())
        except (OSError, ValueError):
            found = None
        written = found or unquoted(written)
        reason = "" if found else missing_reason(written)
    path = written if folder is None or is_windows_absolute(written) else str(folder / written)
    return path, MissingFile(f"{path}: no such file; {reason}") if reason else None


def _from_table(rows: NumberedRows, table: Path) -> Iterator[ListEntry]:
    for number, row in rows:
        known = [name for name in PATH_COLUMNS if name in row]
        place = f"{table}, row {number}"
        if not known and number == 1:
            columns = ", ".join(map(str, row)) or "none"
            raise SourceError(
                f"{table}: no column holds paths; name one {PATH_COLUMNS[0]} or {PATH_COLUMNS[1]} in the first line "
                f"(columns: {columns})"
            )
        value = next((str(row[name]) for name in known if row[name]), "")
        if value.strip():
            yield _entry(value, table.parent)
        else:
            yield place, SourceError(f"{place}: {known[0] if known else PATH_COLUMNS[0]} is empty")


def _parquet_rows(table: Path, columns: Sequence[str]) -> Iterator[tuple[int, TableRow]]:
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        raise MissingExtra("reading a Parquet table", "parquet") from None
    try:
        with parquet.ParquetFile(table) as file:
            names = rename_columns({name: name for name in file.schema_arrow.names}, columns)
            chosen = [names[name] for name in columns if name in names][:1]
            rows = (row for batch in file.iter_batches(columns=chosen) for row in batch.to_pylist())
            for number, row in enumerate(rows, start=1):
                yield number, rename_columns(row, columns)
    except arrow.ArrowException as error:
        raise SourceError(f"{table}: cannot be read as Parquet ({error})") from error


_TABLES: dict[str, Callable[[Path, Sequence[str]], NumberedRows]] = {
    ".csv": csv_rows,
    ".tsv": csv_rows,
    ".tab": csv_rows,
    ".jsonl": json_rows,
    ".ndjson": json_rows,
    ".parquet": _parquet_rows,
}
