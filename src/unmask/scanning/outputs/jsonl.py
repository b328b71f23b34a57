"""JSON Lines: one finding a line, in the wire form. Lines are appended; a crash can tear only the last one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from unmask.errors import OutputError
from unmask.scanning.outputs.append_only import AppendOnlyOutput
from unmask.scanning.outputs.output import Row

_BEGINNING = b'{"path": "'


def encode(row: Row) -> bytes:
    """A line; characters that are no Unicode, from file names in other encodings, become JSON escapes."""
    return json.dumps(row, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


class JsonlOutput(AppendOnlyOutput):
    """A `.jsonl` file."""

    def rows(self) -> Iterator[Row]:
        """The findings in the file; a last line without its end is left out of account."""
        for _, row in self._lines():
            yield row

    def _lines(self) -> Iterator[tuple[int, Row]]:
        """The offset behind each whole line, and its finding."""
        if not self.path.exists():
            return
        offset = 0
        with self.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n") and (line.startswith(_BEGINNING) or _BEGINNING.startswith(line)):
                    return
                offset += len(line)
                yield offset, self._parse(line, number)

    def _parse(self, line: bytes, number: int) -> Row:
        try:
            row = json.loads(line)
            if not isinstance(row["path"], str) or not ("label" in row or "problem" in row):
                raise ValueError("neither a verdict nor a problem")
        except (ValueError, KeyError, TypeError) as error:
            raise OutputError(f"{self.path}, line {number}: not a finding of a scan; name another --out") from error
        return dict(row)

    def _whole(self) -> int:
        return max((end for end, _ in self._lines()), default=0)

    def store(self, rows: Sequence[Row]) -> None:
        """Write rows so that they survive a crash once this returns."""
        self._write(b"".join(map(encode, rows)))
