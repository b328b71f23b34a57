"""The reader of lists and tables."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from unmask._text_tables import PATH_COLUMNS, csv_rows, first_line, is_header, json_rows, text_lines

COLUMNS = (*PATH_COLUMNS, "label")
UTF16 = "file_name;label\r\nä.jpg;real\r\n"


def rows(tmp_path: Path, content: str | bytes, name: str = "t.csv") -> list[tuple[str | None, str | None]]:
    """The paths and labels of a table."""
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    reader = json_rows if name.endswith("l") else csv_rows
    return [
        (next((row[each] for each in PATH_COLUMNS if each in row), None), row.get("label"))
        for _, row in reader(path, COLUMNS)
    ]


@pytest.mark.parametrize(
    "header", ["Path", "PATH", "file_name", "File Name", "filename", "image", " File ", "Image-Path"]
)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_headers_are_read_in_any_case(tmp_path: Path, header: str, separator: str) -> None:
    text = f"{header}{separator}Label\na.jpg{separator}real\n"
    assert rows(tmp_path, text) == [("a.jpg", "real")]
    assert rows(tmp_path, text, "t.tsv") == [("a.jpg", "real")]


def test_an_exact_name_has_precedence_over_one_in_another_case(tmp_path: Path) -> None:
    assert rows(tmp_path, "Path,path,label\nno.jpg,a.jpg,real\n") == [("a.jpg", "real")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings_with_and_without_a_byte_order_mark(tmp_path: Path, encoding: str) -> None:
    assert rows(tmp_path, UTF16.replace("ä", "a").encode(encoding)) == [("a.jpg", "real")]
    line = '{"Path": "a.jpg", "label": "real"}\r\n'
    assert rows(tmp_path, (line + "\r\n" + line).encode(encoding), "t.jsonl") == [("a.jpg", "real")] * 2


def test_bytes_that_are_not_utf8_are_kept(tmp_path: Path) -> None:
    assert rows(tmp_path, UTF16.encode("cp1252")) == [("\udce4.jpg", "real")]


def test_empty_rows_are_skipped_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("\n,,\npath,label,\na.jpg,real,\n,,\n\n , ,\nb.jpg,fake\n,,\n")
    found = [(number, row["path"]) for number, row in csv_rows(path, COLUMNS)]
    assert found == [(1, "a.jpg"), (4, "b.jpg")]
    path.write_text("path,label\n,\n")
    with pytest.raises(ValueError, match="all rows are empty"):
        list(csv_rows(path, COLUMNS))
    path.write_text("path,label\n")
    assert list(csv_rows(path, COLUMNS)) == []


def test_lines_before_the_header(tmp_path: Path) -> None:
    assert rows(tmp_path, "sep=;\npath;label\na,1.jpg;real\n") == [("a,1.jpg", "real")]
    assert rows(tmp_path, '#TYPE System.IO.FileInfo\n"Path","label"\n"a.jpg","real"\n') == [("a.jpg", "real")]
    assert rows(tmp_path, "# path,label\na.jpg,real\n") == [("a.jpg", "real")]
    assert rows(tmp_path, "#,path,label\n1,a.jpg,real\n") == [("a.jpg", "real")]


def test_the_header_decides_the_separator(tmp_path: Path) -> None:
    assert rows(tmp_path, "path;label;note\na.jpg;real;one, two, three, four\n") == [("a.jpg", "real")]
    assert rows(tmp_path, "path\tlabel\na.jpg\treal\n") == [("a.jpg", "real")]
    assert rows(tmp_path, "path\na;b.jpg\n") == [("a;b.jpg", None)]
    assert rows(tmp_path, "path\na,b.jpg\n", "t.tsv") == [("a,b.jpg", None)]
    assert rows(tmp_path, '"path;old",path,label\nx,"a, b.jpg",real\n') == [("a, b.jpg", "real")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"path,label\na.jpg\0,real\n", "line 2 contains a NUL byte"),
        (b"Name,age\n", "no column is called file_name or path; name it in the first line, not: Name, age"),
        (b"PK\x03\x04\0\0\0\0workbook", "line 1 contains a NUL byte"),
        (b"\xff\xfep\0a", "not valid UTF-16 text; save it as UTF-8"),
        (b'path,label\n"' + b"x" * 200_000, "near line 2: field larger"),
    ],
)
def test_what_is_not_a_table_is_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        rows(tmp_path, content)
    assert "\n" not in str(caught.value)


def test_invalid_json_names_the_line(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="line 3 is not JSON"):
        rows(tmp_path, '{"path": "a.jpg"}\n\n{\n', "t.jsonl")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_lists_in_any_encoding(encoding: str) -> None:
    data = "first.jpg\r\nzweite.jpg\r\n".encode(encoding)
    assert [line.rstrip("\r") for line in text_lines(io.BytesIO(data))] == ["first.jpg", "zweite.jpg"]


def test_a_line_is_available_before_the_next_one_is_written() -> None:
    received: list[str] = []

    class Slow(io.BytesIO):
        def readline(self, size: int | None = -1) -> bytes:
            received.append("read")
            return super().readline(size)

        def __next__(self) -> bytes:
            received.append("read")
            return super().__next__()

    lines = text_lines(Slow(b"a.jpg\nb.jpg\n"))
    assert (next(lines), received) == ("a.jpg", ["read"])
    assert (next(lines), received) == ("b.jpg", ["read", "read"])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("path\tlabel", True),
        ("FullName", True),
        ("# made by hand\nid;File Name", True),
        ("photos/path.jpg", False),
        ("path, file.jpg", False),
        ("notes", False),
        ("", False),
    ],
)
def test_a_text_file_with_a_header_is_a_table(tmp_path: Path, line: str, expected: bool) -> None:
    (tmp_path / "t.txt").write_text(line + "\na.jpg\n")
    assert is_header(first_line(tmp_path / "t.txt"), (*COLUMNS, "fullname")) is expected
