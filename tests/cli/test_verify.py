"""`unmask detect --record/--log` and `unmask verify`, as a user runs them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.conftest import Run


def test_record_verify_and_every_kind_of_change(run_cli: Run, astronaut: Path, tmp_path: Path) -> None:
    picture = tmp_path / "photo.jpg"
    shutil.copy(astronaut, picture)
    record, log = tmp_path / "photo.record.json", tmp_path / "all.log"
    done = run_cli("detect", picture, "--record", record, "--log", log)
    assert done.returncode == 0, done.stderr

    held = run_cli("verify", record, picture)
    assert held.returncode == 0, held.stdout + held.stderr
    assert "every score is the same" in held.stdout

    record.write_text(record.read_text("utf-8").replace('"label":"', '"label":"un', 1), "utf-8")
    edited = run_cli("verify", record)
    assert edited.returncode == 1
    assert "was edited" in edited.stdout

    log_held = run_cli("verify", "--log", log, "--json")
    assert log_held.returncode == 0
    head = json.loads(log_held.stdout.splitlines()[-1])["message"].split(";")[0]
    assert run_cli("verify", "--log", log, "--head", head).returncode == 0
    log.write_text(log.read_text("utf-8").replace("photo.jpg", "other.jpg"), "utf-8")
    log_edited = run_cli("verify", "--log", log)
    assert log_edited.returncode == 1
    assert "Line 1 was edited" in log_edited.stdout


def test_a_changed_picture_fails(run_cli: Run, astronaut: Path, tmp_path: Path) -> None:
    record = tmp_path / "r.json"
    assert run_cli("detect", astronaut, "--no-stability", "--record", record).returncode == 0
    changed = tmp_path / "changed.jpg"
    changed.write_bytes(astronaut.read_bytes() + b" ")
    done = run_cli("verify", record, changed)
    assert done.returncode == 1
    assert "The picture changed" in done.stdout


def test_misuse_is_one_line(run_cli: Run, astronaut: Path, tmp_path: Path) -> None:
    existing = tmp_path / "r.json"
    existing.write_text("{}", "utf-8")
    for arguments in (
        ("verify",),
        ("verify", tmp_path / "none.json"),
        ("verify", existing),
        ("verify", "--log", tmp_path / "none.log"),
        ("detect", astronaut, "--record", existing),
        ("detect", astronaut, "--sign", existing),
    ):
        done = run_cli(*arguments)
        assert done.returncode == 2, arguments
        assert len(done.stderr.splitlines()) == 1
        assert "Traceback" not in done.stderr
