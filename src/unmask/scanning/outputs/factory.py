"""Which output a file name asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from unmask.errors import OutputError, UsageError
from unmask.scanning.outputs.csv import CsvOutput
from unmask.scanning.outputs.journaled import journal_of
from unmask.scanning.outputs.jsonl import JsonlOutput
from unmask.scanning.outputs.output import Output, Row
from unmask.scanning.outputs.parquet import ParquetOutput
from unmask.scanning.outputs.sqlite import SqliteOutput

Kinds = dict[str, Callable[[Path], Output]]

SUFFIXES: Kinds = {
    ".jsonl": JsonlOutput,
    ".ndjson": JsonlOutput,
    ".csv": CsvOutput,
    ".parquet": ParquetOutput,
    ".sqlite": SqliteOutput,
    ".sqlite3": SqliteOutput,
    ".db": SqliteOutput,
}
"""File name ending to the output it stands for."""


def open_output(path: Path, *, resume: bool = False, kinds: Kinds = SUFFIXES) -> Output:
    """The output a file name asks for; nothing is written yet.

    Raises:
        UsageError: no such kind of output, or it exists and `resume` is False.
        MissingExtra: the kind needs an optional part.
    """
    kind = kinds.get(path.suffix.lower())
    if kind is None:
        raise UsageError(f"{path}: end the name in one of {', '.join(kinds)}")
    if path.is_dir():
        raise UsageError(f"{path}: is a folder; name a file")
    if not resume and (path.exists() or journal_of(path).exists()):
        raise UsageError(f"{path}: exists already; go on with --resume, or name another file")
    return kind(path)


def read_findings(path: Path) -> Iterator[Row]:
    """What an output holds, in the wire form.

    Raises:
        UsageError: the name is not that of an output.
        OutputError: there is no such file, or it is not one of a scan.
    """
    output = open_output(path, resume=True)
    if not path.exists() and not journal_of(path).exists():
        raise OutputError(f"{path}: no such file")
    return output.rows()
