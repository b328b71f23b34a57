from __future__ import annotations

import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.conftest import MODEL, Run, damaged_exif


@pytest.fixture(autouse=True)
def separate_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNMASK_CACHE", str(tmp_path / "cache"))


def fill(folder: Path, count: int, faces: int, portrait: Image.Image) -> Path:
    """Different pictures, the first ones with a face."""
    folder.mkdir()
    generator = np.random.default_rng(7)
    for number in range(count):
        if number < faces:
            image = portrait.resize((160, 160), box=(number % 40, number // 40, portrait.width, portrait.height))
        else:
            image = Image.fromarray(generator.integers(0, 256, (6, 6, 3), np.uint8)).resize((48, 48))
        image.save(folder / f"{number:04}.jpg", quality=90)
    return folder


@pytest.fixture
def pictures(tmp_path: Path, portrait: Image.Image) -> Path:
    return fill(tmp_path / "pictures", 6, 2, portrait)


def table(path: Path) -> dict[str, Any]:
    """The rows by path, without the time; each path occurs once."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    found = {row["path"]: {key: value for key, value in row.items() if key != "seconds"} for row in rows}
    assert len(found) == len(rows)
    return found


def start(*arguments: str | Path, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "unmask", "scan", "--model", MODEL, *map(str, arguments)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options)


def wait_for_lines(path: Path, count: int, process: subprocess.Popen[str]) -> None:
    while process.poll() is None:
        if path.exists() and path.read_bytes().count(b"\n") >= count:
            return
        time.sleep(0.01)


def test_a_folder_gives_one_row_per_picture(run_cli: Run, pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    done = run_cli("scan", pictures, "--out", out)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "4 no face" in done.stderr
    assert str(out) in done.stderr
    assert list(table(out)) == sorted(str(path) for path in pictures.iterdir())
    again = run_cli("scan", pictures, "--out", out)
    assert again.returncode == 2
    assert "--resume" in again.stderr
    assert "Traceback" not in again.stderr


def test_without_out_lines_go_to_stdout(fast_cli: Run, pictures: Path) -> None:
    done = fast_cli("scan", pictures, "--only", "no_face", "--no-stability", "--workers", "1")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["label"] for row in rows] == ["no_face"] * 4


@pytest.mark.integration
def test_a_scan_that_is_killed_repeatedly_can_be_resumed(fast_cli: Run, portrait: Image.Image, tmp_path: Path) -> None:
    folder = fill(tmp_path / "many", 500, 40, portrait)
    for number in range(5):
        (folder / f"{number}50-broken.jpg").write_bytes(os.urandom(200))
    options = ("--no-stability", "--no-cache", "--workers", "2")
    whole, killed = tmp_path / "whole.jsonl", tmp_path / "killed.jsonl"
    undisturbed = fast_cli("scan", folder, "--out", whole, *options)
    assert undisturbed.returncode == 4
    assert "5 problems" in undisturbed.stderr
    chance, lines = random.Random(3), 0
    for _ in range(4):
        process = start(folder, "--out", killed, "--resume", *options)
        lines += chance.randint(1, 100)
        wait_for_lines(killed, lines, process)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        lines = max(lines, killed.read_bytes().count(b"\n") if killed.exists() else 0)
    assert 0 < lines < 505
    done = fast_cli("scan", folder, "--out", killed, "--resume", *options)
    assert done.returncode == 4
    assert f"{505 - lines:,} in" in done.stderr
    assert table(killed) == table(whole)
    assert len(table(whole)) == 505


@pytest.mark.integration
def test_workers_end_with_the_process_that_started_them(pictures: Path, tmp_path: Path) -> None:
    process = start(pictures, "--watch", "--out", tmp_path / "out.jsonl", "--workers", "2")
    wait_for_lines(tmp_path / "out.jsonl", 1, process)
    workers = [
        int(status.parent.name)
        for status in Path("/proc").glob("[0-9]*/stat")
        if int(status.read_text().rpartition(")")[2].split()[1]) == process.pid
    ]
    assert workers
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{worker}").exists() for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)


@pytest.mark.integration
def test_ctrl_c_completes_the_pending_items_and_names_resume(
    fast_cli: Run, portrait: Image.Image, tmp_path: Path
) -> None:
    folder, out = fill(tmp_path / "some", 200, 60, portrait), tmp_path / "out.csv"
    process = start(folder, "--out", out, "--workers", "1")
    wait_for_lines(out, 2, process)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "--resume" in stderr
    assert "Traceback" not in stderr
    rows = len(out.read_text().splitlines()) - 1
    assert 0 < rows < 200
    done = fast_cli("scan", folder, "--out", out, "--resume")
    assert done.returncode == 0
    assert len(out.read_text().splitlines()) == 201


@pytest.mark.integration
@pytest.mark.parametrize("suffix", ["jsonl", "csv", "sqlite"])
def test_a_full_disk_is_one_line_and_the_scan_can_be_resumed(
    fast_cli: Run, portrait: Image.Image, tmp_path: Path, suffix: str
) -> None:
    folder, out = fill(tmp_path / "some", 120, 0, portrait), tmp_path / f"out.{suffix}"

    def small_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (28_000, 28_000))

    options = ("--no-cache", "--workers", "1")
    full = start(folder, "--out", out, *options, preexec_fn=small_disk)
    _, stderr = full.communicate(timeout=60)
    assert full.returncode == 1
    *progress, last = stderr.strip().splitlines()
    assert all(" of 120 (" in line for line in progress)
    assert "--resume" in last
    done = fast_cli("scan", folder, "--out", out, "--resume", *options)
    assert done.returncode == 0, done.stderr
    if suffix == "sqlite":
        with sqlite3.connect(out) as database:
            assert database.execute("SELECT count(DISTINCT path), count(*) FROM findings").fetchone() == (120, 120)
    elif suffix == "jsonl":
        assert len(table(out)) == 120
    else:
        assert len(out.read_text().splitlines()) == 121


def test_hostile_file_names_are_scanned(fast_cli: Run, tmp_path: Path, portrait: Image.Image) -> None:
    folder = fill(tmp_path / "names", 1, 0, portrait)
    data = (folder / "0000.jpg").read_bytes()
    names = [
        b"=1+1.jpg",
        b"-rf.jpg",
        b"a\nb.jpg",
        b'a,"b".jpg',
        b"latin-\xe9.jpg",
        b"\x1b[31mred.jpg",
        b"n" * 240 + b".jpg",
    ]
    for name in names:
        Path(os.fsdecode(os.path.join(os.fsencode(folder), name))).write_bytes(data)
    for suffix in ("jsonl", "html"):
        out = tmp_path / f"out.{suffix}"
        done = fast_cli("scan", ".", "--out", out, "--workers", "1", cwd=folder)
        assert done.returncode == 0, done.stderr
        again = fast_cli("scan", ".", "--out", out, "--workers", "1", "--resume", cwd=folder)
        assert "0 in 0." in again.stderr, again.stderr
        assert "8 no face" in again.stderr
    assert len(table(tmp_path / "out.jsonl")) == 8


def test_warnings_about_damaged_metadata_are_not_shown(tmp_path: Path) -> None:
    (tmp_path / "odd.jpg").write_bytes(damaged_exif())
    process = start(tmp_path / "odd.jpg", "--workers", "2")
    assert "Corrupt EXIF" not in process.communicate(timeout=120)[1]
    assert process.returncode == 0


@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
def test_resume_with_other_options_exits_2(fast_cli: Run, pictures: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"out.{suffix}"
    first, second = sorted(pictures.iterdir())[:2]
    assert fast_cli("scan", first, "--out", out, "--workers", "1", "--no-stability").returncode == 0
    before = out.read_bytes()
    mixed = fast_cli("scan", first, second, "--out", out, "--workers", "1", "--resume")
    assert mixed.returncode == 2
    assert "was written with --no-stability" in mixed.stderr
    assert out.read_bytes() == before
    alike = fast_cli("scan", first, second, "--out", out, "--workers", "1", "--resume", "--no-stability")
    assert alike.returncode == 0, alike.stderr
    assert "1 done before" in alike.stderr


def test_resume_with_another_whole_picture_option_exits_2(fast_cli: Run, tmp_path: Path) -> None:
    Image.new("RGB", (200, 200), "gray").save(tmp_path / "plain.png")
    scan = partial(fast_cli, "scan", tmp_path / "plain.png", "--out", tmp_path / "out.jsonl", "--workers", "1")
    assert scan().returncode == 0
    mixed = scan("--resume", "--whole-picture")
    assert mixed.returncode == 2
    assert "was written without --whole-picture" in mixed.stderr
    assert scan("--resume").returncode == 0


def test_fail_on_fake_exits_3(fast_cli: Run, pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    done = fast_cli("scan", pictures, "--out", out, "--fail-on", "fake")
    fakes = any(row.get("label") == "fake" for row in table(out).values())
    assert done.returncode == (3 if fakes else 0)


def test_pictures_are_copied_by_label(fast_cli: Run, pictures: Path, tmp_path: Path) -> None:
    (pictures / "deep").mkdir()
    (pictures / "0005.jpg").rename(pictures / "deep" / "x.jpg")
    target = pictures / "sorted"
    for _ in range(2):
        done = fast_cli("scan", pictures, "--copy-to", target)
        assert done.returncode == 0
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(rows) == 6
        for row in rows:
            copy = target / row["label"] / Path(row["path"]).relative_to(pictures)
            assert copy.read_bytes() == Path(row["path"]).read_bytes()
        assert sum(path.is_file() for path in target.rglob("*")) == 6


@pytest.mark.parametrize("here", [".", "./deep", "deep/"])
def test_copies_keep_the_path_below_the_source_however_it_is_written(fast_cli: Run, pictures: Path, here: str) -> None:
    (pictures / "deep" / "er").mkdir(parents=True)
    (pictures / "0000.jpg").rename(pictures / "deep" / "er" / "0000.jpg")
    assert fast_cli("scan", here, "--copy-to", "sorted", cwd=pictures).returncode == 0
    (copy,) = (pictures / "sorted").rglob("0000.jpg")
    assert copy.relative_to(pictures / "sorted").parts[1:] == (("deep",) if here == "." else ()) + ("er", "0000.jpg")


def test_a_gallery_shows_pictures_that_were_moved_and_opens(
    fast_cli: Run, pictures: Path, tmp_path: Path, opened: list[str]
) -> None:
    gallery = tmp_path / "gallery.html"
    done = fast_cli("scan", pictures, "--move-to", tmp_path / "sorted", "--out", gallery, "--open")
    assert done.returncode == 0
    assert opened == [str(gallery)]
    page = (tmp_path / "gallery.html").read_text("utf-8")
    assert page.count("data:image/") == 6
    assert "cannot be opened" not in page


@pytest.mark.parametrize(
    "arguments",
    [(), ("--out", "table.csv"), ("--out", "page.html", "--format", "csv"), ("--out", "page.html", "--watch")],
)
def test_only_a_page_that_the_scan_completes_can_be_opened(
    fast_cli: Run, pictures: Path, arguments: tuple[str, ...]
) -> None:
    done = fast_cli("scan", pictures, "--open", *arguments, cwd=pictures)
    assert done.returncode == 2
    assert "--open" in done.stderr


def test_pictures_are_moved_by_label(fast_cli: Run, pictures: Path, tmp_path: Path) -> None:
    (pictures / "broken.jpg").write_bytes(b"x")
    done = fast_cli("scan", pictures, "--move-to", tmp_path / "sorted", "--out", tmp_path / "out.jsonl")
    assert done.returncode == 4
    assert [path.name for path in pictures.iterdir()] == ["broken.jpg"]
    assert sum(path.is_file() for path in (tmp_path / "sorted").rglob("*")) == 6


@pytest.mark.integration
def test_a_watched_folder(tmp_path: Path, pictures: Path) -> None:
    inbox, out = tmp_path / "inbox", tmp_path / "out.jsonl"
    inbox.mkdir()
    process = start("--watch", inbox, "--out", out, "--workers", "1")
    data = (pictures / "0000.jpg").read_bytes()
    with (inbox / "slow.jpg").open("wb") as slow:
        for begin in range(0, len(data), len(data) // 8):
            slow.write(data[begin : begin + len(data) // 8])
            slow.flush()
            time.sleep(0.4)
    (inbox / "quick.jpg").write_bytes((pictures / "0005.jpg").read_bytes())
    wait_for_lines(out, 2, process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 0
    found = table(out)
    assert {Path(path).name for path in found} == {"slow.jpg", "quick.jpg"}
    assert not [row for row in found.values() if "problem" in row]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere/*.jpg",), "no file matches this pattern"),
        ((".", "--resume"), "--out"),
        ((".", "--out", "x.xlsx"), ".jsonl"),
        ((".", "--out", "s3://bucket/x.jsonl"), "must be on a local disk"),
        ((".", "--cluster", "ray", "--unordered"), "--unordered cannot be combined with --cluster"),
        ((".", "--copy-to", "a", "--move-to", "b"), "--copy-to cannot be combined with --move-to"),
        ((".", "--engine", "quantum"), "quantum"),
        ((".", "--model", "nowhere.onnx"), "nowhere.onnx"),
    ],
)
def test_invalid_arguments_exit_2(run_cli: Run, pictures: Path, arguments: tuple[str, ...], message: str) -> None:
    done = run_cli("scan", *arguments, cwd=pictures)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(pictures.glob("*x*"))


def test_prevalence_adds_restated_probabilities_to_rows(fast_cli: Run, pictures: Path, tmp_path: Path) -> None:
    found = fast_cli("scan", pictures, "--prevalence", "0.01", "--out", tmp_path / "a.jsonl", "--workers", "1")
    assert found.returncode == 0
    restated = [row["at_prevalence"] for row in table(tmp_path / "a.jsonl").values()]
    assert {row["prevalence"] for row in restated} == {0.01}
    assert sum(row["probability_fake"] is not None for row in restated) == 2
    refused = fast_cli("scan", pictures, "--prevalence", "0.01", "--out", tmp_path / "a.csv")
    assert refused.returncode == 2
    assert "a.csv: has no column for --prevalence; name an output in .jsonl or" in refused.stderr
