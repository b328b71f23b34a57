"""Findings and progress on terminals of several widths."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from tests.test_headline import CARD, face, verdict
from unmask.cli import console
from unmask.cli.legend import legend, marker, print_legend_once
from unmask.cli.scan_progress import BackgroundCount, scan_bar, show_progress
from unmask.cli.summary import Summary
from unmask.errors import MissingFile
from unmask.verdict import Failure, Finding, Thresholds


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


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (0.981, "✗ FAKE     98.1% fake  "),
        (0.009, "✓ REAL     no trace of a known fake (0.9% fake)  "),
        (0.907, "? UNSURE   leans fake: 90.7%, fake from 94.5%  "),
        (0.19, "? UNSURE   leans real: 19.0% fake, real below 10.0%  "),
    ],
)
def test_a_line_states_no_percentage_as_confidence_of_real_or_unsure(score: float, words: str) -> None:
    assert console.line(Finding("a.jpg", verdict(face(score))), 120).plain.startswith(words)


@pytest.mark.parametrize("width", [80, 120, 200])
@pytest.mark.parametrize("score", [0.981, 0.907, 0.009])
def test_a_finding_fits_the_terminal(score: float, width: int) -> None:
    line = console.line(Finding("folder/" * 40 + "a.jpg", verdict(face(score))), width).plain
    assert cell_len(line) <= width
    assert line.endswith("a.jpg")
    assert ("1 face" in line) == (width >= 110)


def test_the_restated_probability_has_a_line_of_its_own() -> None:
    line = console.restated(verdict(face(0.99)), 0.01)
    assert line is not None
    assert line.plain == "    50.0% fake where 1% of all pictures are fake; the label does not change"
    assert console.restated(verdict(), 0.01) is None


def test_the_summary_counts_unsure_pictures_that_lean_fake() -> None:
    summary = Summary()
    for score in (0.99, 0.9, 0.3):
        summary.add(Finding("a.jpg", verdict(face(score))))
    assert str(summary) == "1 fake, 0 real, 2 unsure (1 leans fake), 0 no face, 0 problems"


@pytest.mark.parametrize("width", [60, 80, 100])
def test_the_legend_fits_and_has_the_figures_of_the_card(width: int) -> None:
    lines = [line.plain for line in legend(CARD, width)]
    assert max(map(len, lines)) <= width
    text = " ".join(" ".join(lines).split())
    for words in ("Above 94.5% fake", "1.0% of real faces", "Below 10.0% fake", "Not looked for: retouching", "once"):
        assert words in text


def test_the_legend_is_printed_once_and_only_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("unmask.cli.legend.user_config_dir", lambda: tmp_path / "config")
    print_legend_once(CARD)
    assert not marker().exists()
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    print_legend_once(CARD)
    assert "UNSURE" in capsys.readouterr().err
    print_legend_once(CARD)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("thresholds", "words"),
    [
        (Thresholds(0.2, 0.8), "fake above 80.0%, real below 20.0%, unsure between"),
        (Thresholds(0.0, 0.8), "fake above 80.0%, never real, unsure below"),
        (Thresholds(0.2, 1.0), "never fake, real below 20.0%, unsure above"),
        (Thresholds(0.0, 1.0), "never fake, never real, always unsure"),
    ],
)
def test_details_state_where_a_face_is_unsure(thresholds: Thresholds, words: str) -> None:
    lines = [line.plain for line in console.details(verdict(face(0.5), thresholds=thresholds), CARD)]
    assert any(words in line for line in lines)
