"""An append-only log in which each line holds the hash of the line before, so that changes are detected."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from unmask._files import locked
from unmask.errors import UsageError
from unmask.record.canonical import canonical, digest
from unmask.verdict import Finding

START = "0" * 64
"""Previous hash of the first entry."""


class HashChainLog:
    """A hash-chained log file. Several processes may append to it at once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, finding: Finding, *, record: str | None = None) -> str:
        """Appends one finding and waits until the disk holds it.

        Args:
            finding: the finding to log.
            record: digest of the finding's evidence record, where it has one.

        Returns:
            The new entry's hash, the head of the chain.

        Raises:
            UsageError: the file cannot be written, or its last line is damaged.
        """
        try:
            with self.path.open("a+b") as file, locked(file):
                last = self._last(file)
                entry = {
                    "entry": last["entry"] + 1 if last else 1,
                    "time": datetime.now(UTC).isoformat(timespec="seconds"),
                    "finding": finding.to_dict(),
                    "record": record,
                    "previous": last["hash"] if last else START,
                }
                entry["hash"] = digest(entry)
                file.write(canonical(entry) + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise UsageError(f"{self.path}: cannot be written ({error.strerror or error})") from None
        return str(entry["hash"])

    def _last(self, file: BinaryIO) -> dict[str, Any] | None:
        """The last entry; None in an empty log."""
        line = _last_line(file)
        if line is None:
            return None
        entry = _entry(line)
        if not line.endswith(b"\n") or entry is None or entry["hash"] != _hash(entry):
            raise UsageError(f"{self.path}: the last line is damaged; run `unmask verify --log`, then start a new log")
        return entry

    def faults(self, head: str | None = None) -> Iterator[str]:
        """Yields one sentence for each break in the chain; nothing for an unchanged log.

        Args:
            head: a hash noted earlier, which the log must contain.

        Raises:
            UsageError: the file cannot be read.
        """
        expected, number, previous, seen = 1, 0, START, set()
        for number, line in enumerate(self._lines(), start=1):
            entry = _entry(line)
            if entry is None or not line.endswith(b"\n"):
                yield f"Line {number} is damaged or cut short: it is not a log entry."
                return
            if entry["hash"] != _hash(entry):
                yield f"Line {number} was edited: its content does not match its hash."
            if entry["previous"] != previous or entry["entry"] != expected:
                yield (
                    f"Line {number} does not follow the line before: a line was removed, inserted, moved or rewritten."
                )
            expected, previous = entry["entry"] + 1, entry["hash"]
            seen.add(entry["hash"])
        if number == 0:
            yield "The log is empty."
        elif head is not None and head not in seen:
            yield f"The log does not contain the head {head[:16]}… that you noted: entries were removed or rewritten."

    def head(self) -> tuple[int, str]:
        """The number of entries and the hash of the last entry.

        Raises:
            UsageError: the file cannot be read.
        """
        last: dict[str, Any] | None = None
        for line in self._lines():
            last = _entry(line) or last
        return (last["entry"], last["hash"]) if last else (0, START)

    def _lines(self) -> Iterator[bytes]:
        try:
            with self.path.open("rb") as file:
                yield from file
        except OSError as error:
            raise UsageError(f"{self.path}: cannot be read ({error.strerror or error})") from None


def _entry(line: bytes) -> dict[str, Any] | None:
    """Parses a line; None where it is not a log entry."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    fields = ("entry", "time", "finding", "record", "previous", "hash")
    whole = isinstance(value, dict) and all(name in value for name in fields) and isinstance(value["entry"], int)
    return value if whole else None


def _hash(entry: dict[str, Any]) -> str:
    """The hash of an entry's other fields; empty where they have no JSON form."""
    try:
        return digest({name: value for name, value in entry.items() if name != "hash"})
    except (ValueError, TypeError):
        return ""


def _last_line(file: BinaryIO) -> bytes | None:
    """The last line of a file, read from its end; None where it is empty."""
    position = file.seek(0, os.SEEK_END)
    tail = b""
    while position and b"\n" not in tail[:-1]:
        step = min(8192, position)
        position = file.seek(position - step)
        tail = file.read(step) + tail
    file.seek(0, os.SEEK_END)
    return tail.splitlines(keepends=True)[-1] if tail else None
