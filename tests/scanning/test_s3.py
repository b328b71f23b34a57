"""Buckets of a local S3 server as sources."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.scanning.conftest import Make, scan

fsspec = pytest.importorskip("fsspec")
pytest.importorskip("s3fs")
moto = pytest.importorskip("moto.server", reason="needs the S3 server of the package moto (in the dev extra)")
pytestmark = pytest.mark.integration

SETTINGS = {
    "AWS_ACCESS_KEY_ID": "any",
    "AWS_SECRET_ACCESS_KEY": "any",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of an empty S3 server; environment variables hold it too."""
    running = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SETTINGS.items():
            patch.setenv(name, value)
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def bucket(server: str, make: Make) -> tuple[str, Path]:
    """A bucket with six pictures in two folders, a broken picture and a text file; and the local folder of them."""
    folder = make(6, 3)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff broken")
    (folder / "notes.txt").write_text("no picture")
    name = f"uploads-{uuid.uuid4().hex[:8]}"
    store = fsspec.filesystem("s3", endpoint_url=server, skip_instance_cache=True)
    store.mkdir(name)
    for number, path in enumerate(sorted(folder.iterdir())):
        store.put_file(str(path), f"{name}/{'old' if number % 2 else 'new'}/{path.name}")
    return f"s3://{name}", folder


def test_a_bucket_gives_the_findings_of_its_files(bucket: tuple[str, Path]) -> None:
    url, folder = bucket
    remote = {finding.path.rpartition("/")[2]: finding for finding in scan(url, workers=1)}
    local = {Path(finding.path).name: finding for finding in scan(str(folder), workers=1)}
    assert set(remote) == set(local)
    assert len(remote) == 7
    for name, finding in remote.items():
        assert finding.path.startswith(f"{url}/")
        if name == "broken.jpg":
            assert finding.failure is not None
            assert local[name].failure is not None
            assert finding.failure.code == local[name].failure.code
        else:
            here, there = local[name].verdict, finding.verdict
            assert here is not None
            assert there is not None
            assert (there.sha256, there.label) == (here.sha256, here.label)
            assert there.probability_fake == here.probability_fake


def test_folders_patterns_and_single_objects_of_a_bucket(bucket: tuple[str, Path]) -> None:
    url, _ = bucket
    assert [finding.path for finding in scan(f"{url}/new/", workers=1)] == [
        f"{url}/new/{name}.jpg" for name in ("0000", "0002", "0004", "broken")
    ]
    assert [finding.path for finding in scan(f"{url}/*/000[01].jpg", workers=1)] == [
        f"{url}/new/0000.jpg",
        f"{url}/old/0001.jpg",
    ]
    (missing,) = scan(f"{url}/new/nowhere.jpg", workers=1)
    assert missing.failure is not None
    assert missing.failure.code == "missing_file"


def test_a_scan_of_a_bucket_can_be_resumed(
    fast_process: Run, bucket: tuple[str, Path], server: str, tmp_path: Path
) -> None:
    url, folder = bucket
    out = tmp_path / "findings.jsonl"
    done = fast_process("scan", f"{url}/old/", "--out", out, "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert len(out.read_text("utf-8").splitlines()) == 3
    store = fsspec.filesystem("s3", endpoint_url=server, skip_instance_cache=True)
    store.put_file(str(folder / "0000.jpg"), f"{url.removeprefix('s3://')}/old/late.jpg")
    again = fast_process("scan", f"{url}/old/", "--out", out, "--workers", "1", "--resume")
    assert again.returncode == 0, again.stderr
    rows = [json.loads(line)["path"] for line in out.read_text("utf-8").splitlines()]
    assert sorted(rows) == [f"{url}/old/{name}.jpg" for name in ("0001", "0003", "0005", "late")]


def test_a_missing_bucket_is_an_error_of_one_line(run_process: Run, server: str) -> None:
    done = run_process("scan", "s3://no-such-bucket-here/", "--workers", "1")
    assert done.returncode in (1, 2)
    assert "no-such-bucket-here" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
