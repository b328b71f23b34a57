"""Parquet, for data frames and warehouses; needs the extra `parquet`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from unmask.errors import MissingExtra, OutputError
from unmask.scanning.outputs.journaled import JournaledOutput
from unmask.scanning.outputs.output import Row
from unmask.scanning.outputs.table import COLUMNS, flat, nested

GROUP = 50_000
"""Rows that are held in memory and stored together."""


class ParquetOutput(JournaledOutput):
    """A `.parquet` file."""

    def __init__(self, path: Path) -> None:
        """Open an output.

        Raises:
            MissingExtra: pyarrow is not installed; better now than after hours of work.
        """
        super().__init__(path)
        _pyarrow()

    def _make(self, rows: Iterator[Row], path: Path) -> None:
        _, parquet = _pyarrow()
        with parquet.ParquetWriter(path, as_table([]).schema, compression="zstd") as writer:
            while group := list(islice(rows, GROUP)):
                writer.write_table(as_table(group))

    def finish(self) -> None:
        """Make the table, and drop the journal it was made of."""
        super().finish()
        self._journal.path.unlink(missing_ok=True)

    def _stored(self) -> Iterator[Row]:
        arrow, parquet = _pyarrow()
        if not self.path.exists():
            return
        try:
            with parquet.ParquetFile(self.path) as file:
                for batch in file.iter_batches(columns=list(COLUMNS)):
                    yield from map(nested, batch.to_pylist())
        except (arrow.ArrowException, KeyError, TypeError, ValueError) as error:
            raise OutputError(f"{self.path}: not a table of a scan ({error}); name another --out") from error


def as_table(rows: Sequence[Row]) -> Any:
    """Findings in their wire form as an Arrow table, whose columns have the same types whatever the findings are."""
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
