"""Lists and tables of paths as sources."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from tests.scanning.conftest import Make, names, paths
from unmask.errors import SourceError
from unmask.images import Limits
from unmask.scanning.sources import list_items


def test_lists_of_files(make: Make, tmp_path: Path) -> None:
    folder = make(3, 0)
    lines = tmp_path / "list.txt"
    lines.write_bytes(b"\n".join(os.fsencode(path) for path in sorted(folder.iterdir())) + b"\r\n\n")
    assert names(lines) == ["0000.jpg", "0001.jpg", "0002.jpg"]
    lines.write_bytes(b"with\nnewline.jpg\0latin-\xe9.jpg\0")
    assert [os.fsencode(path) for path in paths(lines)] == [b"with", b"newline.jpg", b"latin-\xe9.jpg"]


def test_a_row_without_a_path_is_a_failure_of_its_own(make: Make) -> None:
    folder = make(2, 0)
    (folder / "m.csv").write_text("path,label\n0000.jpg,real\n,fake\n0001.jpg,fake\n")
    found = list(list_items([str(folder / "m.csv")], Limits()))
    assert [Path(item.path).name for item in found] == ["0000.jpg", "m.csv, row 2", "0001.jpg"]
    assert found[1].failure is not None
    assert "row 2: path is empty" in found[1].failure.message


@pytest.mark.parametrize("column", ["file_name", "path"])
def test_tables_name_pictures_beside_them(make: Make, column: str) -> None:
    folder = make(2, 0)
    (folder / "m.csv").write_text(f"label,{column}\nreal,0000.jpg\nfake,0001.jpg\n")
    (folder / "m.jsonl").write_text(f'{{"{column}": "0000.jpg"}}\n\n{{"{column}": "s3://bucket/a.jpg"}}\n')
    assert paths(folder / "m.csv") == [str(folder / "0000.jpg"), str(folder / "0001.jpg")]
    assert paths(folder / "m.jsonl") == [str(folder / "0000.jpg"), "s3://bucket/a.jpg"]


def test_parquet_tables(make: Make) -> None:
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    folder = make(2, 0)
    parquet.write_table(arrow.table({"label": ["a", "b"], "file_name": ["0000.jpg", "0001.jpg"]}), folder / "m.parquet")
    assert names(folder / "m.parquet") == ["0000.jpg", "0001.jpg"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("m.csv", "a,b\n1,2\n"),
        ("m.jsonl", '{"a": 1}\n'),
        ("m.jsonl", "{"),
        ("m.parquet", "no"),
        ("m.csv", 'path\n""\n'),
    ],
)
def test_a_table_without_paths_is_an_error(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(SourceError, match=name):
        paths(tmp_path / name)


ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lists_in_every_encoding(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, end: str
) -> None:
    expected = [str(path) for path in sorted(make(2, 0, name="größe").iterdir())]
    data = (end.join(expected) + end).encode(encoding)
    (tmp_path / "list.txt").write_bytes(data)
    assert paths(tmp_path / "list.txt") == expected
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert paths("-") == expected


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("name", ["m.csv", "m.tsv", "m.txt"])
def test_tables_in_every_encoding(make: Make, name: str, separator: str, encoding: str) -> None:
    folder = make(2, 0)
    lines = [["Label", "FilePath", ""], ["real", "0000.jpg", ""], ["fake", "0001.jpg", ""], ["", "", ""], []]
    (folder / name).write_bytes("\r\n".join(map(separator.join, lines)).encode(encoding))
    assert paths(folder / name) == [str(folder / "0000.jpg"), str(folder / "0001.jpg")]


@pytest.mark.parametrize("name", ["m.csv", "m.tsv"])
def test_a_table_without_a_header_is_a_list_if_it_has_one_column(make: Make, name: str) -> None:
    folder = make(2, 0)
    (folder / name).write_bytes('\ufeff# exported\r\n"0000.jpg"\r\n0001.jpg\r\n'.encode())
    assert paths(folder / name) == [str(folder / "0000.jpg"), str(folder / "0001.jpg")]
    for text in ("0000.jpg,real\n", "0000.jpg\treal", "id;note\n"):
        (folder / name).write_text(text)
        with pytest.raises(SourceError, match="no column is called file_name or path"):
            paths(folder / name)


def test_quotes_comments_and_blank_lines(make: Make, tmp_path: Path) -> None:
    folder = make(2, 0, name="two words")
    (folder / "#3.jpg").touch()
    lines = ["# made by hand", f'"{folder}/0000.jpg"', "", "  ", "#", f"'{folder}/0001.jpg' ", f"#{folder}/0001.jpg"]
    (tmp_path / "list.txt").write_text("\n".join([*lines, f"{folder}/#3.jpg"]))
    assert names(tmp_path / "list.txt") == ["0000.jpg", "0001.jpg", "#3.jpg"]


def test_a_file_named_like_a_comment_is_listed(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make(1, 0)
    for name in ("#3.jpg", '"quoted".jpg', '"x"', " space.jpg "):
        (folder / name).touch()
    monkeypatch.chdir(folder)
    (tmp_path / "list.txt").write_text('#3.jpg\n"quoted".jpg\n"x"\n space.jpg \n./0000.jpg\n')
    assert paths(tmp_path / "list.txt") == ["#3.jpg", '"quoted".jpg', '"x"', " space.jpg ", "./0000.jpg"]


def test_paths_between_nul_bytes_are_taken_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes(b'"a".jpg\0# b.jpg\0c\\d.jpg\0')
    assert paths(tmp_path / "list.txt") == ['"a".jpg', "# b.jpg", "c\\d.jpg"]


def test_paths_of_windows(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make(1, 0)
    monkeypatch.chdir(tmp_path)
    lines = ["pictures\\0000.jpg", "pictures\\none.jpg", '"C:\\Users\\me\\a b.jpg"']
    (tmp_path / "list.txt").write_text("\r\n".join(lines))
    (folder / "m.csv").write_text("\r\n".join(["Path", *(line.removeprefix("pictures\\") for line in lines)]))
    for source, prefix in (("list.txt", "pictures\\"), ("pictures/m.csv", "pictures/")):
        first, second, third = list_items([source], Limits())
        assert (first.path, first.failure) == ("pictures/0000.jpg", None)
        assert second.failure is not None or source.endswith("csv")
        assert third.path == "C:\\Users\\me\\a b.jpg"
        assert third.failure is not None
        assert third.failure.code == "missing_file"
        assert "Windows path" in third.failure.message
        assert second.path == f"{prefix}none.jpg"


def test_names_in_the_encoding_of_an_old_spreadsheet(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make(1, 0)
    (folder / "0000.jpg").rename(folder / "é.jpg")
    monkeypatch.chdir(folder)
    (tmp_path / "list.txt").write_bytes("é.jpg\nü.jpg\n".encode("cp1252"))
    (folder / "m.csv").write_bytes("path;label\né.jpg;real\nü.jpg;fake\n".encode("cp1252"))
    for source in (tmp_path / "list.txt", folder / "m.csv"):
        found, missing = list_items([str(source)], Limits())
        assert Path(found.path).name == "é.jpg"
        assert missing.failure is not None
        assert missing.failure.code == "missing_file"
        assert "save the list as UTF-8" in missing.failure.message


@pytest.mark.parametrize(("name", "reason"), [("m.csv", "NUL byte"), ("m.tsv", "NUL byte"), ("m.xlsx", "a workbook")])
def test_a_workbook_is_no_table(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / name).write_bytes(b"PK\x03\x04\x14\0\x06\0workbook")
    with pytest.raises(SourceError, match=rf"{name}: .*{reason}.*export it as CSV"):
        paths(tmp_path / name)


def test_a_damaged_list_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "list.txt").write_bytes(b"\xff\xfea\0b")
    with pytest.raises(SourceError, match="not valid UTF-16 text; save it as UTF-8"):
        paths(tmp_path / "list.txt")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfea\0b")))
    with pytest.raises(SourceError, match=r"stdin: .*UTF-16"):
        paths("-")
