"""`unmask report`, as a user runs it."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

from rich.console import Console

from tests.conftest import Run
from unmask.cli.report import fit_line


def test_report_writes_a_page_and_prints_the_signals(fast_cli: Run, astronaut: Path, tmp_path: Path) -> None:
    done = fast_cli("report", astronaut, "--out", tmp_path / "photo.html")
    assert done.returncode == 0, done.stderr
    assert "No signal decides alone" in done.stdout
    assert "Content Credentials" in done.stdout
    assert (tmp_path / "photo.html").read_text("utf-8").startswith("<!doctype html>")


def test_json(fast_cli: Run, astronaut: Path) -> None:
    done = fast_cli("report", astronaut, "--json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["signals"]) == 6


def test_problems_are_one_line(run_cli: Run, astronaut: Path, tmp_path: Path) -> None:
    for arguments, code in (
        ((tmp_path / "none.jpg",), 1),
        ((astronaut, "--out", tmp_path / "photo.docx"), 2),
        ((astronaut, "--open"), 2),
        ((astronaut, "--prevalence", "2"), 2),
    ):
        done = run_cli("report", *arguments)
        assert done.returncode == code
        assert len(done.stderr.splitlines()) == 1, done.stderr


def test_a_written_report_can_be_opened(fast_cli: Run, astronaut: Path, tmp_path: Path, opened: list[str]) -> None:
    out = tmp_path / "photo.html"
    done = fast_cli("report", astronaut, "--out", out, "--open", "--prevalence", "0.01")
    assert done.returncode == 0, done.stderr
    assert opened == [str(out)]
    assert "where 1% of all pictures are fake" in done.stdout
    assert "if 1% of all pictures are fake" in out.read_text("utf-8")


def test_long_lines_are_indented_in_a_terminal_and_kept_in_a_file() -> None:
    line = "  ? Power spectrum       " + 12 * "frequency bands "
    fitted = fit_line(line, 25, Console(force_terminal=True, width=60)).splitlines()
    assert all(len(part) <= 60 for part in fitted)
    assert all(part.startswith(25 * " ") for part in fitted[1:])
    assert fit_line(line, 25, Console(file=StringIO())) == line
