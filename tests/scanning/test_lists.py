"""Lists and tables of paths as sources."""

from __future__ import annotations

import os
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


def test_a_row_that_names_nothing_is_a_problem_of_its_own(make: Make) -> None:
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
def test_a_table_without_paths_says_what_it_has(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(SourceError, match=name):
        paths(tmp_path / name)
