"""URLs as sources."""

from __future__ import annotations

import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.scanning.conftest import Make, paths, scan
from unmask.errors import SourceError
from unmask.images import Limits
from unmask.scanning.items import ScanItem
from unmask.scanning.sort_into_folders import FolderSorter
from unmask.verdict import Face, Finding, Label, ModelReference, Thresholds, Verdict


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
