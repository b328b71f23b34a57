"""The SQLite output: a table `findings` with the path as its key; one transaction per batch."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from unmask.errors import OutputError
from unmask.scanning.outputs.output import FindingRow, Output
from unmask.scanning.outputs.table import BASE_COLUMNS, COLUMNS, flat, nested

_TYPES = {str: "TEXT", float: "REAL", int: "INTEGER"}
_CREATE = (
    "CREATE TABLE IF NOT EXISTS findings ("
    + ", ".join(f"{name} {_TYPES[kind]}{' PRIMARY KEY' if name == 'path' else ''}" for name, kind in COLUMNS.items())
    + ")"
)
_INSERT = f"INSERT OR IGNORE INTO findings ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608


class SqliteOutput(Output):
    """A `.sqlite` or `.db` file."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._database: sqlite3.Connection | None = None

    def rows(self) -> Iterator[FindingRow]:
        """The findings in the file, in the order of insertion."""
        if not self.path.exists():
            return
        try:
            database = self._open()
            names = [*BASE_COLUMNS, *(name for name in COLUMNS if name not in {*BASE_COLUMNS, *_missing(database)})]
            for values in database.execute(f"SELECT {', '.join(names)} FROM findings ORDER BY rowid"):  # noqa: S608
                yield nested(dict(zip(names, values, strict=True)))
        except (sqlite3.Error, KeyError, TypeError, ValueError) as error:
            raise OutputError(
                f"{self.path}: was not written by `unmask scan` ({error}); choose another --out"
            ) from error

    def _open(self) -> sqlite3.Connection:
        if self._database is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(self.path)
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.execute(_CREATE)
        return self._database

    def store(self, rows: Sequence[FindingRow]) -> None:
        """Write rows to the disk; on return they survive a crash."""
        database = self._open()
        with database:
            for name in _missing(database):
                database.execute(f"ALTER TABLE findings ADD COLUMN {name} {_TYPES[COLUMNS[name]]}")
            database.executemany(_INSERT, (tuple(flat(row)[name] for name in COLUMNS) for row in rows))

    def finish(self) -> None:
        """Close the database; create it if nothing was written."""
        self._open().close()
        self._database = None


def _missing(database: sqlite3.Connection) -> list[str]:
    """Columns that the table of an earlier version does not have."""
    present = {row[1] for row in database.execute("PRAGMA table_info(findings)")}
    return [name for name in COLUMNS if name not in {*BASE_COLUMNS, *present}]
