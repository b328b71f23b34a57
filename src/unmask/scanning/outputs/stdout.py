"""JSON lines on stdout, for pipes."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from unmask.scanning.outputs.jsonl import encode
from unmask.scanning.outputs.output import Output, Row


class StdoutOutput(Output):
    """Stdout: nothing can be read back from it."""

    def __init__(self) -> None:
        super().__init__(Path("stdout"))
        self.batch = 1

    def rows(self) -> Iterator[Row]:
        """Nothing."""
        return iter(())

    def store(self, rows: Sequence[Row]) -> None:
        """Print rows at once."""
        sys.stdout.buffer.write(b"".join(map(encode, rows)))
        sys.stdout.buffer.flush()

    def finish(self) -> None:
        """Nothing is left to do."""
