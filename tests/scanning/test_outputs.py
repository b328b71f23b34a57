from __future__ import annotations

import csv
import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from unmask import Failure, Finding
from unmask.errors import OutputError, UsageError
from unmask.scanning.outputs import open_output, read_findings
from unmask.scanning.outputs.parquet import as_table
from unmask.scanning.outputs.table import BASE_COLUMNS, flat
from unmask.verdict import Face, Label, ModelReference, Stability, Thresholds, Verdict

KINDS = ["jsonl", "csv", "sqlite", "parquet"]
HOSTILE = [
    "plain.jpg",
    "with, comma.jpg",
    'with "quotes".jpg',
    "with\nnewline.jpg",
    "=cmd|' /C calc'!A0.jpg",
    "-rf.jpg",
    "@sum.jpg",
    "ünï\u202ecode.jpg",
    "a" * 255,
    "latin-1-\udce9.jpg",
    "<script>alert(1)</script>.jpg",
    "../../etc/passwd.jpg",
    "carriage\rreturn.jpg",
]


def verdict(path: str, probability: float | None = 0.123456789012345) -> Finding:
    face = Face((1, 2, 30, 40), Label.REAL, probability or 0.0, Stability(0.1, 0.2, 1))
    label = Label.REAL if probability is not None else Label.NO_FACE
    model = ModelReference("default", "1.0", "f" * 64)
    faces = (face,) if probability is not None else ()
    rule = Thresholds(0.2, 0.8)
    return Finding(path, Verdict(path, "a" * 64, 640, 480, "JPEG", label, probability, rule, faces, model, 0.0123))


def findings() -> list[Finding]:
    problem = Failure("corrupt_image", 'x.jpg: "damaged", really\tso')
    return [*map(verdict, HOSTILE), verdict("faceless.jpg", None), noted("noted.jpg"), Finding("broken.jpg", problem)]


def noted(path: str) -> Finding:
    """A verdict with all fields that a verdict may lack: notes, the smallest face, doubtful faces."""
    doubtful = Face((1, 2, 30, 40), Label.UNSURE, 0.9, None, 0.61, "doubtful_face")
    sure = Face((50, 2, 30, 40), Label.REAL, 0.1, None, 0.97)
    plain = verdict(path).verdict
    assert plain is not None
    notes = ('the end is "missing"', "bytes\nbefore the header; ü")
    return Finding(
        path,
        replace(plain, label=Label.UNSURE, faces=(sure, doubtful), probability_fake=0.9, notes=notes, smallest_face=24),
    )


def write(path: Path, found: list[Finding], *, resume: bool = False) -> None:
    output = open_output(path, resume=resume)
    for finding in found:
        output.add(finding)
    output.close()


@pytest.mark.parametrize("kind", KINDS)
def test_findings_are_read_back_as_written(kind: str, tmp_path: Path) -> None:
    if kind == "parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"out.{kind}"
    write(path, findings())
    expected = [finding.to_dict() for finding in findings()]
    if kind != "jsonl":
        for row in expected:
            row["path"] = row["path"].replace("\udce9", "\\udce9")
    assert list(read_findings(path)) == expected
    assert [Finding.from_dict(row).to_dict() for row in expected] == expected


@pytest.mark.parametrize("kind", KINDS)
def test_resuming_appends(kind: str, tmp_path: Path) -> None:
    if kind == "parquet":
        pytest.importorskip("pyarrow")
    path, found = tmp_path / f"out.{kind}", findings()
    write(path, found[:5])
    write(path, found[5:], resume=True)
    assert len(list(read_findings(path))) == len(found)
    assert [path.name] == [each.name for each in tmp_path.iterdir()]


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_a_file_cut_at_any_byte_can_be_resumed(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.fsync", lambda descriptor: None)
    whole = tmp_path / f"whole.{kind}"
    found = [verdict("a.jpg"), verdict('b\nb, "b".jpg'), Finding("é.jpg", Failure("x", 'y "z"'))]
    write(whole, found)
    data, expected = whole.read_bytes(), list(read_findings(whole))
    cut = tmp_path / f"cut.{kind}"
    for end in range(len(data)):
        cut.write_bytes(data[:end])
        rows = list(read_findings(cut))
        assert rows == expected[: len(rows)]
        assert len(rows) >= data[:end].count(b"\n") - (2 if kind == "csv" else 0)
        done = {row["path"] for row in rows}
        write(cut, [finding for finding in found if finding.path not in done], resume=True)
        assert cut.read_bytes() == data, end


def test_a_crash_of_a_journaled_output_loses_nothing(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    path = tmp_path / "out.parquet"
    output = open_output(path)
    for finding in findings():
        output.add(finding)
    output.flush()
    assert not path.exists()
    with pytest.raises(UsageError, match="--resume"):
        open_output(path)
    assert len(list(read_findings(path))) == len(findings())
    write(path, [], resume=True)
    assert path.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_a_foreign_file_is_an_error_and_stays_unchanged(kind: str, tmp_path: Path) -> None:
    if kind == "parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"mine.{kind}"
    for text in ("my own notes\nand more\n", "name,age\nann,3\n", "one line without an end", '{"a": 1}\n'):
        path.write_text(text)
        with pytest.raises(OutputError, match=r"was not written by `unmask scan`.*; choose another --out"):
            list(read_findings(path))
        with pytest.raises(OutputError):
            write(path, findings(), resume=True)
        assert path.read_text() == text


def test_tables_have_columns_for_notes_and_doubtful_faces(tmp_path: Path) -> None:
    write(tmp_path / "out.csv", [noted("a.jpg"), verdict("b.jpg", None)])
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        first, second = csv.DictReader(file)
    assert json.loads(first["notes"]) == ['the end is "missing"', "bytes\nbefore the header; ü"]
    assert (first["smallest_face"], first["detection_score"], first["reason"]) == ("24", "0.61", "doubtful_face")
    assert [second[name] for name in ("notes", "smallest_face", "detection_score", "reason")] == [""] * 4


@pytest.mark.parametrize("kind", ["csv", "sqlite", "parquet"])
def test_a_file_of_an_earlier_version_is_continued(kind: str, tmp_path: Path) -> None:
    if kind == "parquet":
        pytest.importorskip("pyarrow")
    path, old = tmp_path / f"out.{kind}", [verdict("a.jpg"), verdict("b.jpg", None)]
    write_earlier(path, old)
    data = path.read_bytes()
    assert list(read_findings(path)) == [finding.to_dict() for finding in old]
    assert path.read_bytes() == data
    write(path, [noted("new.jpg")], resume=True)
    *before, last = read_findings(path)
    assert before == [finding.to_dict() for finding in old]
    expected = noted("new.jpg").to_dict()
    lost = {"notes", "smallest_face"} if kind == "csv" else set()
    assert last == {name: value for name, value in expected.items() if name not in lost}
    write(path, [], resume=True)
    assert len(list(read_findings(path))) == 3


def write_earlier(path: Path, found: list[Finding]) -> None:
    """Write an output with the columns of version 0.1."""
    rows = [{name: flat(finding.to_dict())[name] for name in BASE_COLUMNS} for finding in found]
    if path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([BASE_COLUMNS, *(row.values() for row in rows)])
    elif path.suffix == ".sqlite":
        columns = ", ".join(f"{name}{' PRIMARY KEY' if name == 'path' else ''}" for name in BASE_COLUMNS)
        with sqlite3.connect(path) as database:
            database.execute(f"CREATE TABLE findings ({columns})")
            marks = ", ".join("?" * len(BASE_COLUMNS))
            database.executemany(f"INSERT INTO findings VALUES ({marks})", (tuple(row.values()) for row in rows))
        database.close()
    else:
        from pyarrow import parquet

        parquet.write_table(as_table([finding.to_dict() for finding in found]).select(list(BASE_COLUMNS)), path)


def test_an_output_that_exists_is_an_error_without_resume(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    write(path, findings())
    with pytest.raises(UsageError, match="--resume"):
        open_output(path)
    with pytest.raises(UsageError, match=r"\.jsonl"):
        open_output(tmp_path / "out.xlsx")


def test_file_names_are_not_formulas(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    write(path, findings())
    with path.open(newline="") as file:
        paths = [row["path"] for row in csv.DictReader(file)]
    assert not [each for each in paths if each.startswith(("=", "+", "-", "@"))]


def test_sqlite_keeps_one_row_for_a_path(tmp_path: Path) -> None:
    path = tmp_path / "out.sqlite"
    write(path, [verdict("a.jpg"), verdict("b.jpg")])
    write(path, [verdict("a.jpg", 0.9)], resume=True)
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT count(*), count(DISTINCT path) FROM findings").fetchone() == (2, 2)


def test_every_batch_is_on_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    output = open_output(path)
    output.batch_size = 3
    for number in range(7):
        output.add(verdict(f"{number}.jpg"))
    assert [json.loads(line)["path"] for line in path.read_text().splitlines()] == [f"{n}.jpg" for n in range(6)]
