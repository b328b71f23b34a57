"""`unmask rejudge`."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.web.quick_model import write_quick_model
from unmask.scanning.outputs import read_findings


@pytest.fixture
def quick(tmp_path: Path) -> Path:
    """The file of a model that needs almost no time."""
    return write_quick_model(tmp_path / "quick.onnx")


@pytest.fixture
def photos(tmp_path: Path, astronaut: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("a[1].jpg", "b.jpg", "c.jpg"):
        shutil.copy(astronaut, folder / name)
    return folder


def test_a_scan_is_judged_again_and_the_changes_are_listed(
    run_cli: Run, photos: Path, quick: Path, tmp_path: Path
) -> None:
    old, new = tmp_path / "old.csv", tmp_path / "new.jsonl"
    scanned = run_cli("scan", photos, "--out", old, "--model", quick, "--no-stability", "--workers", "1")
    assert scanned.returncode == 0
    (photos / "c.jpg").unlink()
    command = ("rejudge", old, "--model", "fast", "--out", new, "--workers", "1", "--no-cache")
    done = run_cli(*command, "--changes", tmp_path / "changes.html", "--changes", tmp_path / "changes.csv")
    assert done.returncode == 5, done.stderr
    assert "2 of 2 pictures have another label; 1 not in place" in done.stdout
    assert "the model gives another score" in done.stdout
    assert (tmp_path / "changes.html").exists()
    direct = tmp_path / "direct.jsonl"
    run_cli("scan", photos, "--out", direct, "--model", "fast", "--no-stability", "--workers", "1", "--no-cache")
    expected = {row["path"]: row["probability_fake"] for row in read_findings(direct)}
    assert {row["path"]: row["probability_fake"] for row in read_findings(new)} == expected
    again = run_cli(*command, "--json")
    assert json.loads(again.stdout)["relabeled"] == 2
    back = run_cli("rejudge", new, "--model", quick, "--out", tmp_path / "back.jsonl", "--workers", "1", "--json")
    earlier = {row["path"]: row["probability_fake"] for row in read_findings(old) if "c.jpg" not in row["path"]}
    restored = {row["path"]: row["probability_fake"] for row in read_findings(tmp_path / "back.jsonl")}
    assert (back.returncode, restored) == (5, earlier)


def test_the_same_model_changes_nothing(run_cli: Run, photos: Path, quick: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.jsonl"
    run_cli("scan", photos, "--out", old, "--model", quick, "--no-stability", "--workers", "1", "--no-cache")
    done = run_cli("rejudge", old, "--model", quick, "--out", tmp_path / "new.jsonl")
    assert done.returncode == 0
    assert "0 of 3 pictures have another label" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name the findings of a scan"),
        (("old.csv",), "name the file of the new findings"),
        (("old.csv", "--out", "old.csv"), "is the file of the earlier findings"),
        (("old.csv", "--out", "new.csv"), "no such file"),
        (("old.csv", "--out", "new.csv", "--changes", "x.doc"), "unknown format of changes"),
    ],
)
def test_mistakes_get_one_line(run_cli: Run, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    done = run_cli("rejudge", *arguments, cwd=tmp_path)
    assert done.returncode in (1, 2)
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.integration
def test_a_killed_run_continues_without_judging_twice(tmp_path: Path, astronaut: Path, quick: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(60):
        shutil.copy(astronaut, folder / f"{number}.jpg")
    unmask = (sys.executable, "-m", "unmask")
    old, new = tmp_path / "old.jsonl", tmp_path / "new.jsonl"
    scan = (*unmask, "scan", folder, "--out", old, "--model", quick, "--no-stability", "--no-cache")
    subprocess.run(scan, check=True, capture_output=True)
    command = (*unmask, "rejudge", old, "--model", "fast", "--out", new, "--no-cache", "--workers", "1")
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (new.exists() and new.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.05)
    running.send_signal(signal.SIGKILL)
    running.wait()
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 5
    paths = [row["path"] for row in read_findings(new)]
    assert len(paths) == len(set(paths)) == 60
