"""Findings and progress on terminals of several widths."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from rich.cells import cell_len
from rich.console import Console

from unmask.cli import console
from unmask.cli.scan_progress import BackgroundCount, scan_bar, show_progress
from unmask.cli.summary import Summary
from unmask.errors import MissingFile
from unmask.verdict import Failure, Finding


def missing(name: str) -> Finding:
    return Finding(name, Failure.from_error(MissingFile(f"{name}: no such file")))


@pytest.mark.parametrize("name", ["folder/" + "long-" * 60 + "end.jpg", "写真" * 60 + ".jpg"])
@pytest.mark.parametrize("width", [80, 100, 120])
def test_a_long_name_is_cut_in_the_middle_on_a_terminal(name: str, width: int) -> None:
    line = console.line(missing(name), width)
    assert cell_len(line.plain) <= width
    assert line.plain.startswith(f"! PROBLEM  {name[:5]}")
    assert line.plain.endswith(".jpg: no such file")
    assert line.plain.count("…") == 1
    assert name in console.line(missing(name)).plain


def test_short_names_and_narrow_terminals() -> None:
    assert console.line(missing("a.jpg"), 80).plain == "! PROBLEM  a.jpg: no such file"
    assert console.cut_middle("photographs.jpg", 9) == "phot….jpg"
    assert "photo" in console.line(missing("photo" * 20), 10).plain


def test_only_terminals_have_a_line_width() -> None:
    assert console.line_width(Console(file=io.StringIO(), width=90, force_terminal=True)) == 90
    assert console.line_width(Console(file=io.StringIO(), width=90)) is None


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120])
def test_no_figure_of_the_bar_is_cut_off(width: int) -> None:
    out = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    bar = scan_bar(width)
    bar.add_task("judging", total=123_456, completed=98_765, rate="104.7")
    out.print(bar)
    assert isinstance(out.file, io.StringIO)
    (line,) = out.file.getvalue().splitlines()
    assert "judging" in line
    assert "98765/123456" in line.replace(" ", "")
    assert "104.7/s" in line
    assert "…" not in line
    assert len(line) <= width
    assert ("left" in line) == (width >= 70)


def test_counts_have_a_line_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    out = Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None)
    monkeypatch.setattr(console, "stderr", lambda: out)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    summary = Summary()

    def findings() -> Iterator[Finding]:
        for number in range(3):
            yield missing(f"{number}.jpg")

    for finding in show_progress(findings(), summary, BackgroundCount(lambda: 3)):
        summary.add(finding)
    assert isinstance(out.file, io.StringIO)
    lines = out.file.getvalue().replace("\r", "\n").splitlines()
    assert any(line.strip().endswith("0 fake, 0 real, 0 unsure, 0 no face, 3 problems") for line in lines)
    assert not any("judging" in line and "problems" in line for line in lines)
