"""Open the output that a file name's ending selects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from unmask.errors import OutputError, UsageError
from unmask.scanning.outputs.csv import CsvOutput
from unmask.scanning.outputs.journaled import journal_path
from unmask.scanning.outputs.jsonl import JsonlOutput
from unmask.scanning.outputs.output import FindingRow, Output
from unmask.scanning.outputs.parquet import ParquetOutput
from unmask.scanning.outputs.sqlite import SqliteOutput

OutputTypes = dict[str, Callable[[Path], Output]]

SUFFIXES: OutputTypes = {
    ".jsonl": JsonlOutput,
    ".ndjson": JsonlOutput,
    ".csv": CsvOutput,
    ".parquet": ParquetOutput,
    ".sqlite": SqliteOutput,
    ".sqlite3": SqliteOutput,
    ".db": SqliteOutput,
}
"""Output class by file name ending."""


def open_output(
    path: Path, *, resume: bool = False, types: OutputTypes = SUFFIXES, suffix: str | None = None
) -> Output:
    """Opens an output without writing to it.

    Args:
        path: the file; its ending chooses the output class.
        resume: whether the file may exist.
        types: output class by file name ending.
        suffix: the ending that chooses the class, in place of that of the file.

    Raises:
        UsageError: the ending is unknown, or the file exists and `resume` is False.
        MissingExtra: the output needs an extra that is not installed.
    """
    output_type = types.get(suffix or path.suffix.lower())
    if output_type is None:
        raise UsageError(f"{path}: unknown output format; end the name in one of {', '.join(types)}")
    if path.is_dir():
        raise UsageError(f"{path}: is a folder; give the name of a file")
    if not resume and (path.exists() or journal_path(path).exists()):
        raise UsageError(f"{path}: exists already; continue it with --resume, or give another file")
    return output_type(path)


def read_findings(path: Path) -> Iterator[FindingRow]:
    """The findings in an output file, in the wire form.

    Raises:
        UsageError: the ending of the name is not that of an output.
        OutputError: the file does not exist, or is not an output of a scan.
    """
    output = open_output(path, resume=True)
    if not path.exists() and not journal_path(path).exists():
        raise OutputError(f"{path}: no such file; give the --out file of a scan")
    return output.rows()
