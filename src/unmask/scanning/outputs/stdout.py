"""The output without a file: JSON Lines on stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from unmask.scanning.outputs.jsonl import encode
from unmask.scanning.outputs.output import FindingRow, Output


class StdoutOutput(Output):
    """Writes each finding to stdout at once."""

    def __init__(self) -> None:
        super().__init__(Path("stdout"))
        self.batch_size = 1

    def rows(self) -> Iterator[FindingRow]:
        """No findings, because stdout cannot be read back."""
        return iter(())

    def store(self, rows: Sequence[FindingRow]) -> None:
        """Print rows and flush stdout."""
        sys.stdout.buffer.write(b"".join(map(encode, rows)))
        sys.stdout.buffer.flush()

    def finish(self) -> None:
        """Does nothing, because stdout stays open."""
