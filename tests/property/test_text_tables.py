"""Lists and tables are read back whatever program has written them."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from unmask._text_tables import PATH_COLUMNS, csv_rows, json_rows, text_lines

ENCODINGS = {
    "utf-8": b"",
    "utf-8-sig": b"",
    "utf-16": b"",
    "utf-16-le": b"\xff\xfe",
    "utf-16-be": b"\xfe\xff",
    "utf-32": b"",
}
"""Encoding, and the byte order mark that Python does not write for it."""
SEPARATORS = st.sampled_from([",", ";", "\t", "|"])
LINE_ENDS = st.sampled_from(["\n", "\r\n", "\r"])
TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp"), exclude_characters="\ufeff"), min_size=1
)
CELL = st.one_of(TEXT, st.tuples(TEXT, st.sampled_from([' "', ", ", "; ", "\t", "\\", "'"]), TEXT).map("".join))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(CELL, CELL), min_size=1, max_size=8),
    st.sampled_from([*ENCODINGS]),
    SEPARATORS,
    LINE_ENDS,
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["file_name", "Path", "FILENAME", "Image Path", "file-name"]),
    st.integers(0, 2),
)
def test_tables_are_read_in_any_form(
    rows: list[tuple[str, str]], encoding: str, separator: str, end: str, quoting: int, column: str, empty: int
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerow((column, "note"))
    writer.writerows([*rows, *[("", "")] * empty])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_bytes(ENCODINGS[encoding] + text.getvalue().encode(encoding))
        found = [(next(row[name] for name in PATH_COLUMNS if name in row), row["note"]) for _, row in read(path)]
    assert found == rows


def read(path: Path) -> list[tuple[int, dict[str, str]]]:
    return list(csv_rows(path, PATH_COLUMNS))


@settings(max_examples=200, deadline=None)
@given(st.lists(TEXT, max_size=8), st.sampled_from([*ENCODINGS]), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_lists_are_read_in_any_form(lines: list[str], encoding: str, end: str, closed: bool) -> None:
    text = end.join(lines) + end * closed
    data = ENCODINGS[encoding] + text.encode(encoding)
    assert [line.rstrip("\r") for line in text_lines(io.BytesIO(data)) if line.rstrip("\r")] == lines


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([b"", b"path,label\n", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"PK\x03\x04", b"sep=;\n"]),
    st.binary(max_size=200),
)
def test_any_bytes_are_rows_or_a_clear_error(head: bytes, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_bytes(head + data)
        for reader in (csv_rows, json_rows):
            try:
                list(reader(path, PATH_COLUMNS))
            except ValueError as error:
                assert str(error)
                assert "\n" not in str(error)
