"""`unmask data`."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.collections.conftest import Manifest, manifest, noise
from tests.conftest import Run

__all__ = ["manifest"]


@pytest.fixture
def folder(tmp_path: Path, manifest: Manifest, run_cli: Run) -> Path:
    """A collection of four pictures."""
    data = manifest("first", (0, "fake"), (1, "real"), (2, "fake"), (3, "real"))
    done = run_cli("data", "add", data, "--to", tmp_path / "collection")
    assert done.returncode == 0, done.stderr
    assert "version 1 has 4 pictures, 4 of them new; 0 left out" in done.stdout
    return tmp_path / "collection"


def test_list_and_diff(folder: Path, tmp_path: Path, run_cli: Run) -> None:
    noise(9).save(tmp_path / "missed.jpg")
    one = ("--label", "fake", "--source", "reports", "--license", "internal", "--note", "missed in May")
    done = run_cli("data", "add", tmp_path / "missed.jpg", "--to", folder, *one)
    assert done.returncode == 0
    listed = run_cli("data", "list", "--in", folder, "--json").stdout.splitlines()
    assert [json.loads(line)["pictures"] for line in listed] == [4, 5]
    table = run_cli("data", "list", "--in", folder).stdout
    assert "missed in" in table
    assert "reports 0+1" in table
    done = run_cli("data", "diff", "1", "latest", "--in", folder)
    assert done.stdout.splitlines()[-1] == "version 1 to 2: 1 added, 0 removed, 0 relabeled"
    assert run_cli("data", "diff", "1", "9", "--in", folder).returncode == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("data", "list"), "name the folder of the collection"),
        (("data", "add", "--to", "x"), "name a manifest"),
        (("data", "add", "a.jpg", "--to", "x"), "--label real or --label fake"),
        (("data", "list", "--in", "."), "not a collection"),
    ],
)
def test_mistakes_get_one_line(run_cli: Run, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    done = run_cli(*arguments, cwd=tmp_path)
    assert done.returncode in (1, 2)
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_source_that_no_row_needs_is_reported(tmp_path: Path, manifest: Manifest, run_cli: Run) -> None:
    data = manifest("first", (0, "fake"), (1, "real"))
    done = run_cli("data", "add", data, "--to", tmp_path / "c", "--source", "inbox")
    assert "--source inbox is not used: each row names a source (desk)" in done.stderr


def test_audit_reads_a_collection(folder: Path, run_cli: Run) -> None:
    assert "4 pictures" in run_cli("audit", folder).stdout


@pytest.mark.integration
@pytest.mark.skipif(shutil.which("dvc") is None, reason="dvc is not installed")
def test_dvc_carries_a_collection(folder: Path, tmp_path: Path) -> None:
    def shell(*command: str) -> None:
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)

    before = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    shell("git", "init", "-q")
    shell("dvc", "init", "-q")
    shell("dvc", "add", "-q", str(folder))
    shutil.rmtree(folder)
    shell("dvc", "checkout", "-q")
    assert {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
