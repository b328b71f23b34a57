"""The Parquet output; needs the extra `parquet`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from unmask.errors import MissingExtra, OutputError
from unmask.scanning.outputs.journaled import JournaledOutput
from unmask.scanning.outputs.output import FindingRow
from unmask.scanning.outputs.table import COLUMNS, flat, nested

ROW_GROUP_SIZE = 50_000
"""Rows that are held in memory and written together."""


class ParquetOutput(JournaledOutput):
    """A `.parquet` file."""

    def __init__(self, path: Path) -> None:
        """Check that pyarrow is installed before the scan starts.

        Raises:
            MissingExtra: pyarrow is not installed.
        """
        super().__init__(path)
        _pyarrow()

    def _write_file(self, rows: Iterator[FindingRow], path: Path) -> None:
        _, parquet = _pyarrow()
        with parquet.ParquetWriter(path, as_table([]).schema, compression="zstd") as writer:
            while group := list(islice(rows, ROW_GROUP_SIZE)):
                writer.write_table(as_table(group))

    def finish(self) -> None:
        """Write the file from the journal, and delete the journal."""
        super().finish()
        self._journal.path.unlink(missing_ok=True)

    def _read_file(self) -> Iterator[FindingRow]:
        arrow, parquet = _pyarrow()
        if not self.path.exists():
            return
        try:
            with parquet.ParquetFile(self.path) as file:
                present = set(file.schema_arrow.names)
                for batch in file.iter_batches(columns=[name for name in COLUMNS if name in present]):
                    yield from map(nested, batch.to_pylist())
        except (arrow.ArrowException, KeyError, TypeError, ValueError) as error:
            raise OutputError(
                f"{self.path}: was not written by `unmask scan` ({error}); choose another --out"
            ) from error


def as_table(rows: Sequence[FindingRow]) -> Any:
    """Findings in the wire form as an Arrow table whose schema does not depend on the findings."""
    arrow, _ = _pyarrow()
    types = {str: arrow.string(), float: arrow.float64(), int: arrow.int64()}
    schema = arrow.schema([(name, types[kind]) for name, kind in COLUMNS.items()])
    return arrow.Table.from_pylist([flat(row) for row in rows], schema=schema)


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise MissingExtra("Parquet", "parquet") from None
    return pyarrow, parquet
