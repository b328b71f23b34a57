from __future__ import annotations

import json
import math
import re
import sys
from pathlib import Path

import pytest

from tests.datasets.files import fill
from unmask._version import install_command
from unmask.datasets import Dataset
from unmask.errors import AmbiguousNames, BadManifest, DatasetError, MissingExtra

ROWS = [
    {
        "file_name": "a.jpg",
        "label": "real",
        "split": "train",
        "source": "x",
        "generator": "",
        "group": "g1",
        "note": "n",
    },
    {"file_name": "b.jpg", "label": "Fake", "split": "val", "source": "x", "generator": "gan", "group": ""},
]


def write(rows: list[dict[str, str]], path: Path) -> Path:
    if path.suffix == ".jsonl":
        path.write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    elif path.suffix == ".csv":
        lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
        path.write_text("\ufeff" + "\r\n".join(lines), encoding="utf-8")
    else:
        arrow = pytest.importorskip("pyarrow")
        parquet = pytest.importorskip("pyarrow.parquet")
        parquet.write_table(arrow.Table.from_pylist(rows), path)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_all_manifest_formats_agree(tmp_path: Path, suffix: str) -> None:
    fill(tmp_path, "a.jpg", "b.jpg")
    write(ROWS, tmp_path / f"manifest{suffix}")
    first, second = Dataset.load(tmp_path)
    assert (first.label, first.split, first.generator, first.group) == ("real", "train", None, "g1")
    assert (second.label, second.split, second.generator, second.group) == ("fake", "valid", "gan", None)
    assert first.path == tmp_path / "a.jpg"


def test_known_as_names_the_picture(tmp_path: Path) -> None:
    fill(tmp_path, "a.jpg", "b.jpg")
    rows = [{**ROWS[0], "known_as": "Real/a.jpg"}, {**ROWS[1], "note": "", "known_as": ""}]
    assert [item.name for item in Dataset.load(write(rows, tmp_path / "list.csv"))] == ["Real/a.jpg", "b.jpg"]


def test_numbered_labels_beside_named_ones(tmp_path: Path) -> None:
    fill(tmp_path, "a.jpg", "b.jpg")
    rows = [
        {"file_name": f"{name}.jpg", "label": "1", "label_str": word} for name, word in (("a", "real"), ("b", "fake"))
    ]
    assert [item.label for item in Dataset.load(write(rows, tmp_path / "list.csv"))] == ["real", "fake"]
    rows[0]["label"] = "fake"
    with pytest.raises(AmbiguousNames, match="row 1: label 'fake', 'real'"):
        Dataset.load(write(rows, tmp_path / "list.csv"))


def test_windows_paths_are_read(tmp_path: Path) -> None:
    fill(tmp_path, "Real/a.jpg", "Fake/b.jpg")
    rows = [{"file_name": "Real\\a.jpg", "label": "real"}, {"file_name": "Fake\\b.jpg", "label": "fake"}]
    dataset = Dataset.load(write(rows, tmp_path / "list.csv"))
    assert all(item.path.is_file() for item in dataset)
    (tmp_path / "bom.jsonl").write_text("\ufeff" + "\n".join(map(json.dumps, rows)), "utf-8")
    assert Dataset.load(tmp_path / "bom.jsonl").sha256 == dataset.sha256


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
def test_manifests_of_spreadsheets_are_read(tmp_path: Path, suffix: str, separator: str, encoding: str) -> None:
    fill(tmp_path, "ä.jpg", "b.jpg")
    lines = [
        ["Path", "LABEL", "Split", ""],
        ["ä.jpg", "real", "train", ""],
        ["", "", "", ""],
        ["b.jpg", "fake", "test"],
    ]
    bom = {"utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    (tmp_path / f"list{suffix}").write_bytes(bom + "\r\n".join(map(separator.join, lines)).encode(encoding))
    found = [(item.name, item.label, item.split) for item in Dataset.load(tmp_path / f"list{suffix}")]
    assert found == [("ä.jpg", "real", "train"), ("b.jpg", "fake", "test")]


def test_the_form_of_a_manifest_does_not_change_its_digest(tmp_path: Path) -> None:
    fill(tmp_path, "a.jpg", "b.jpg")
    digest = Dataset.load(write(ROWS[1:], tmp_path / "list.csv")).sha256
    for name in ("list.jsonl", "list.ndjson"):
        (tmp_path / name).write_bytes(json.dumps(ROWS[1]).encode("utf-16"))
        assert Dataset.load(tmp_path / name).sha256 == digest
    text = "\r\n".join("\t".join(row) for row in (ROWS[1], ROWS[1].values()))
    (tmp_path / "manifest.tsv").write_bytes(text.encode("utf-16"))
    assert Dataset.load(tmp_path).sha256 == digest


def test_quoted_and_old_names_are_read(tmp_path: Path) -> None:
    fill(tmp_path, "Real/é b.jpg", "Fake/b.jpg")
    rows = 'file_name;label\n"""Real\\é b.jpg""";real\n\'Fake/b.jpg\';fake\n'
    (tmp_path / "list.csv").write_bytes(rows.encode("cp1252"))
    dataset = Dataset.load(tmp_path / "list.csv")
    assert [item.name for item in dataset] == ["Real/é b.jpg", "Fake/b.jpg"]
    assert all(item.path.is_file() for item in dataset)


def test_paths_of_windows_without_their_files_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("path,label\nC:\\photos\\a.jpg,real\n")
    with pytest.raises(DatasetError, match=r"none of the 1 pictures .* Windows path"):
        Dataset.load(tmp_path / "list.csv")


def test_missing_values_of_a_parquet_table_are_no_group(tmp_path: Path) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    fill(tmp_path, "a.jpg", "b.jpg")
    table = {"file_name": ["a.jpg", "b.jpg"], "label": ["real", "fake"], "group": [math.nan, math.nan]}
    parquet.write_table(arrow.table(table), tmp_path / "list.parquet")
    assert [item.group for item in Dataset.load(tmp_path / "list.parquet")] == [None, None]
    table["image"] = [{"bytes": b"x" * 500, "path": None}] * 2
    del table["file_name"]
    parquet.write_table(arrow.table(table), tmp_path / "hub.parquet")
    with pytest.raises(BadManifest, match="no value for file_name"):
        Dataset.load(tmp_path / "hub.parquet")


@pytest.mark.parametrize("name", ["x" * 300, "x" * 300 + ".jpg"])
def test_invalid_paths_are_named(tmp_path: Path, name: str) -> None:
    fill(tmp_path, "a.jpg")
    rows = [{"file_name": "a.jpg", "label": "real"}, {"file_name": name, "label": "fake"}]
    with pytest.raises(BadManifest):
        Dataset.load(write(rows, tmp_path / "list.jsonl"))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"label": "1"}, AmbiguousNames),
        ({"label": ""}, BadManifest),
        ({"file_name": ""}, BadManifest),
        ({"file_name": "notes.txt"}, BadManifest),
        ({"split": "holdout"}, BadManifest),
        ({"weight": "-1"}, BadManifest),
        ({"weight": "nan"}, BadManifest),
    ],
)
def test_bad_rows_are_named(tmp_path: Path, change: dict[str, str], error: type[DatasetError]) -> None:
    fill(tmp_path, "a.jpg", "b.jpg")
    table = write([{"weight": "1", **ROWS[0]}, {"weight": "1", **ROWS[1], **change}], tmp_path / "list.csv")
    with pytest.raises(error, match="row 2"):
        Dataset.load(table)


def test_manifests_that_cannot_be_read(tmp_path: Path) -> None:
    fill(tmp_path, "a.jpg")
    for name, content in {
        "a.csv": b"",
        "b.jsonl": b"{",
        "c.jsonl": b"[1]",
        "d.csv": b"\xff\xfe\x00",
        "e.txt": b"x",
    }.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadManifest):
            Dataset.load(tmp_path / name)
    (tmp_path / "f.parquet").write_bytes(b"no parquet")
    with pytest.raises(BadManifest):
        Dataset.load(tmp_path / "f.parquet")


def test_a_manifest_beside_none_of_its_pictures(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="none of the 2 pictures"):
        Dataset.load(write(ROWS, tmp_path / "list.csv"))


def test_a_parquet_manifest_without_pyarrow_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "manifest.parquet").write_bytes(b"PAR1")
    with pytest.raises(MissingExtra, match=re.escape(install_command("parquet"))):
        Dataset.load(tmp_path)
