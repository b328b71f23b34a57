from __future__ import annotations

import io
import os
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.scanning.conftest import Make, scan
from unmask.errors import SourceError, UsageError
from unmask.images import Limits
from unmask.scanning.items import ScanItem, reopen
from unmask.scanning.sort_into_folders import FolderSorter
from unmask.scanning.sources import count_items, list_items
from unmask.verdict import Face, Finding, Label, ModelReference, Thresholds, Verdict


def paths(*sources: str | Path, **options: str) -> list[str]:
    return [item.path for item in list_items([*map(str, sources)], Limits(), **options)]


def names(*sources: str | Path) -> list[str]:
    return [Path(path).name for path in paths(*sources)]


def test_a_folder_is_walked_in_order_and_no_link_is_followed(make: Make) -> None:
    folder = make(3, 0)
    (folder / "deep").mkdir()
    (folder / "deep" / "x.PNG").write_bytes(b"")
    (folder / "deep" / "._x.png").write_bytes(b"")
    (folder / "deep" / "notes.txt").write_text("")
    (folder / "deep" / "again").symlink_to(folder)
    assert names(folder) == ["0000.jpg", "0001.jpg", "0002.jpg", "x.PNG"]
    assert paths(folder, leave_out=str(folder / "deep")) == [str(folder / f"000{n}.jpg") for n in range(3)]
    assert count_items([str(folder)]) == 4


def test_patterns(make: Make) -> None:
    folder = make(12, 0)
    assert names(f"{folder}/000[0-2].jpg") == ["0000.jpg", "0001.jpg", "0002.jpg"]
    (folder / "[odd].jpg").write_bytes(b"")
    assert names(f"{folder}/[odd].jpg") == ["[odd].jpg"]
    with pytest.raises(UsageError, match="nothing matches"):
        paths(f"{folder}/*.gif")


def test_lists_of_files(make: Make, tmp_path: Path) -> None:
    folder = make(3, 0)
    lines = tmp_path / "list.txt"
    lines.write_bytes(b"\n".join(os.fsencode(path) for path in sorted(folder.iterdir())) + b"\r\n\n")
    assert names(lines) == ["0000.jpg", "0001.jpg", "0002.jpg"]
    lines.write_bytes(b"with\nnewline.jpg\0latin-\xe9.jpg\0")
    assert [os.fsencode(path) for path in paths(lines)] == [b"with", b"newline.jpg", b"latin-\xe9.jpg"]


def test_a_source_that_leads_nowhere_beside_others_is_a_problem_of_its_own(make: Make, tmp_path: Path) -> None:
    folder, empty, missing = make(2, 0), tmp_path / "empty", tmp_path / "m.csv"
    empty.mkdir()
    missing.write_text("name\n1\n")
    for nowhere in (empty, missing, tmp_path / "*.gif"):
        found = list(list_items([str(nowhere), str(folder)], Limits()))
        assert [Path(item.path).name for item in found] == [nowhere.name, "0000.jpg", "0001.jpg"]
        assert [item.failure is None for item in found] == [False, True, True]
        assert count_items([str(nowhere), str(folder)]) == 3
        with pytest.raises((UsageError, SourceError)):
            paths(nowhere)


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


def archive(folder: Path, name: str) -> Path:
    """The folder's pictures in an archive, with members that mean harm."""
    target = folder.parent / name
    members = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    members |= {"../../up.jpg": b"", "/abs.jpg": b"x", "notes.txt": b"no"}
    if name.endswith(".zip"):
        with zipfile.ZipFile(target, "w") as file:
            for member, data in members.items():
                file.writestr(member, data)
    else:
        with tarfile.open(target, "w:" + target.suffix.removeprefix(".").replace("tar", "")) as file:
            for member, data in members.items():
                info = tarfile.TarInfo(member)
                info.size = len(data)
                file.addfile(info, io.BytesIO(data))
    return target


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tar.xz"])
def test_archives_are_scanned_without_unpacking(make: Make, name: str) -> None:
    folder = make(3, 1)
    file = archive(folder, name)
    findings = list(scan(file, workers=1, stability=False))
    expected = [f"{file}!/{each}" for each in ("0000.jpg", "0001.jpg", "0002.jpg", "../../up.jpg", "/abs.jpg")]
    assert [finding.path for finding in findings] == expected
    assert [finding.failure.code if finding.failure else "" for finding in findings] == [
        "",
        "",
        "",
        "empty_file",
        "not_an_image",
    ]
    alone = list(scan(folder, workers=1, stability=False))
    for inside, outside in zip(findings[:3], alone, strict=True):
        assert inside.verdict
        assert outside.verdict
        assert inside.verdict.sha256 == outside.verdict.sha256
        assert inside.verdict.faces == outside.verdict.faces
        assert reopen(inside.path).sha256 == inside.verdict.sha256


def test_two_members_of_one_name_are_two_pictures(make: Make, tmp_path: Path) -> None:
    folder = make(2, 0)
    with zipfile.ZipFile(tmp_path / "twice.zip", "w") as file:
        file.write(folder / "0000.jpg", "same.jpg")
        with pytest.warns(UserWarning, match="Duplicate name"):
            file.write(folder / "0001.jpg", "same.jpg")
        file.write(folder / "0001.jpg", "other#1.jpg")
    found = list(list_items([str(tmp_path / "twice.zip")], Limits()))
    assert [item.path.rpartition("!/")[2] for item in found] == ["same.jpg", "same.jpg#2", "other#1.jpg"]
    assert [reopen(item.path).sha256 for item in found] == [item.open(Limits()).sha256 for item in found]


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz"])
def test_a_damaged_archive_is_a_problem_after_what_could_be_read(make: Make, name: str) -> None:
    file = archive(make(8, 0), name)
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])
    found = list(list_items([str(file)], Limits()))
    assert found[-1].failure is not None
    assert "archive" in found[-1].failure.message
    file.write_bytes(b"nothing of the kind")
    (only,) = list_items([str(file)], Limits())
    assert only.failure is not None


def test_a_member_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("bomb.jpg", bytes(5_000_000))
    (item,) = list_items([str(tmp_path / "bomb.zip")], Limits(bytes=1_000_000))
    assert item.data is None
    assert item.failure is not None
    assert item.failure.code == "image_too_large"


@pytest.fixture
def server(make: Make) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    folder = make(3, 0)
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{httpd.server_address[1]}"
    httpd.shutdown()
    httpd.server_close()


def test_a_web_server_is_a_source(server: str, make: Make) -> None:
    pytest.importorskip("fsspec")
    pytest.importorskip("aiohttp")
    findings = list(scan(f"{server}/", workers=1))
    assert [finding.path for finding in findings] == [f"{server}/000{n}.jpg" for n in range(3)]
    assert all(finding.verdict for finding in findings)
    (missing,) = scan(f"{server}/nowhere.jpg", workers=1)
    assert missing.failure is not None
    assert missing.failure.code == "missing_file"


def test_fsspec_urls_of_local_files(make: Make) -> None:
    pytest.importorskip("fsspec")
    folder = make(3, 0)
    urls = paths(f"file://{folder}")
    assert urls == [f"file://{folder}/000{n}.jpg" for n in range(3)]
    assert paths(f"file://{folder}/*1.jpg") == [f"file://{folder}/0001.jpg"]
    assert ScanItem(urls[0]).open(Limits()).sha256 == ScanItem(str(folder / "0000.jpg")).open(Limits()).sha256
    with pytest.raises(SourceError, match="Protocol not known"):
        paths("quantum://bucket")


def test_pictures_in_an_archive_of_a_store(make: Make, tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    folder, archive = make(2, 0), tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(folder.iterdir()):
            file.write(path, f"deep/{path.name}")
    expected = [f"zip://deep/000{n}.jpg::file://{archive}" for n in range(2)]
    assert paths(f"zip://**/*.jpg::file://{archive}") == expected
    assert paths(f"zip://deep::file://{archive}") == expected
    opened = ScanItem(expected[1]).open(Limits())
    assert opened.sha256 == ScanItem(str(folder / "0001.jpg")).open(Limits()).sha256
    face = Face((0, 0, 9, 9), Label.REAL, 0.1)
    model, rule = ModelReference("m", "1", "0" * 64), Thresholds(0.2, 0.8)
    verdict = Verdict.from_faces(
        (face,), rule, model, path=expected[1], sha256="0" * 64, size=(9, 9), format="JPEG", seconds=0.0
    )
    FolderSorter(tmp_path / "to", [], move=False).copy(Finding(expected[1], verdict))
    assert (tmp_path / "to" / "real" / "0001.jpg").read_bytes() == (folder / "0001.jpg").read_bytes()
