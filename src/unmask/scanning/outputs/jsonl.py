"""The JSON Lines output: one finding per line, in the wire form.

Lines are appended, so a crash can leave only the last one incomplete.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from unmask.errors import OutputError
from unmask.scanning.outputs.append_only import AppendOnlyOutput
from unmask.scanning.outputs.output import FindingRow

_LINE_START = b'{"path": "'


def encode(row: FindingRow) -> bytes:
    """A finding as a line; bytes of file names that are not valid Unicode become JSON escapes."""
    return json.dumps(row, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


class JsonlOutput(AppendOnlyOutput):
    """A `.jsonl` file."""

    def rows(self) -> Iterator[FindingRow]:
        """The findings in the file, without an incomplete last line."""
        for _, row in self._lines():
            yield row

    def _lines(self) -> Iterator[tuple[int, FindingRow]]:
        """The offset behind each complete line, and its finding."""
        if not self.path.exists():
            return
        offset = 0
        with self.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n") and (line.startswith(_LINE_START) or _LINE_START.startswith(line)):
                    return
                offset += len(line)
                yield offset, self._parse(line, number)

    def _parse(self, line: bytes, number: int) -> FindingRow:
        try:
            row = json.loads(line)
            if not isinstance(row["path"], str) or not ("label" in row or "problem" in row):
                raise ValueError("neither a verdict nor a failure")
        except (ValueError, KeyError, TypeError) as error:
            raise OutputError(
                f"{self.path}, line {number}: was not written by `unmask scan`; choose another --out"
            ) from error
        return dict(row)

    def _complete_length(self) -> int:
        return max((end for end, _ in self._lines()), default=0)

    def store(self, rows: Sequence[FindingRow]) -> None:
        """Write rows to the disk; on return they survive a crash."""
        self._write(b"".join(map(encode, rows)))
