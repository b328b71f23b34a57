"""The help pages of the commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Run
from unmask.cli import COMMANDS, GROUPS
from unmask.cli.help_text import help_body, shell_lines


@pytest.mark.parametrize("columns", [80, 100, 120])
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_no_line_is_longer_than_the_terminal(
    run_cli: Run, monkeypatch: pytest.MonkeyPatch, command: str, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    done = run_cli(*([command] if command else []), "--help")
    assert done.returncode == 0
    assert max(map(len, done.stdout.splitlines())) <= columns


@pytest.mark.parametrize("command", list(COMMANDS))
def test_descriptions_have_more_than_half_of_a_small_terminal(
    run_cli: Run, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    options = run_cli(command, "--help").stdout.partition("\nOptions:\n")[2]
    assert options
    assert "<bool>" not in options
    begins = {len(line) - len(line.lstrip()) for line in options.splitlines() if line.startswith("    ")}
    assert all(begin <= 30 for begin in begins)


def test_commands_are_grouped(run_cli: Run) -> None:
    page = run_cli("--help").stdout
    headings = [line.rstrip(":") for line in page.splitlines() if line.rstrip(":") in GROUPS]
    assert headings == list(GROUPS)
    assert headings[:4] == ["Judge", "Evidence", "Train and measure", "Serve"]
    assert all(f"\n  {name} " in page for name in COMMANDS)


def test_examples_are_single_spaced(run_cli: Run) -> None:
    page = run_cli("scan", "--help").stdout
    examples = page.partition("Examples:\n")[2].partition("\n\n")[0].splitlines()
    assert len(examples) >= 6
    assert all(line.startswith("  ") for line in examples)


def test_a_long_example_can_be_copied_into_a_shell() -> None:
    example = "unmask import folder/ && unmask detect photo.jpg --model some.onnx  # two steps"
    assert list(shell_lines(example, 50)) == [
        "  # two steps",
        "  unmask import folder/ && unmask detect \\",
        "      photo.jpg --model some.onnx",
    ]
    assert list(shell_lines("unmask detect a.jpg  # short", 50)) == ["  unmask detect a.jpg  # short"]


def test_paragraphs_are_wrapped_and_examples_are_not_joined() -> None:
    text = "One sentence\nover two lines.\n\nExamples:\n\n  a --b\n\n  c --d\n\nThe end."
    assert list(help_body(text, 20)) == [
        "One sentence over",
        "two lines.",
        "",
        "Examples:",
        "  a --b",
        "  c --d",
        "",
        "The end.",
    ]


def test_choices_defaults_and_limits_are_shown(run_cli: Run) -> None:
    page = run_cli("explain", "--help").stdout
    assert "--class fake|real" in page
    words = " ".join(page.split())
    assert "[default: 1000; at least 1]" in words
    assert "[default: --faithfulness]" in words


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (("photo.jpg",), "unmask detect photo.jpg"),
        (("my photo.JPG", "--json"), "unmask detect 'my photo.JPG' --json"),
        (("clip.mp4",), "unmask detect clip.mp4"),
        (("folder",), "unmask detect folder"),
        (("list.txt",), "unmask scan list.txt"),
        (("s3://bucket/a.jpg",), "unmask scan s3://bucket/a.jpg"),
        (("https://example.org/a.jpg?x=1&y=2",), "curl -s 'https://example.org/a.jpg?x=1&y=2' | unmask detect -"),
    ],
)
def test_a_picture_in_place_of_a_command_suggests_detect(
    run_cli: Run, tmp_path: Path, arguments: tuple[str, ...], command: str
) -> None:
    (tmp_path / "folder").mkdir()
    done = run_cli(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == f"unmask: {arguments[0]}: not a command; did you mean {command}?\n"


def test_a_misspelled_command_suggests_the_right_one(run_cli: Run) -> None:
    done = run_cli("detct")
    assert done.returncode == 2
    assert "detect" in done.stderr
    assert run_cli("nonsense").returncode == 2


@pytest.mark.parametrize("command", ["detect", "explain", "report"])
def test_an_address_is_one_problem_with_the_command_that_fetches_it(run_cli: Run, command: str) -> None:
    done = run_cli(command, "https://example.org/a.jpg")
    assert done.returncode == 1
    assert f"run: curl -s https://example.org/a.jpg | unmask {command} -" in done.stdout + done.stderr


def test_a_clip_is_fetched_into_a_file(run_cli: Run) -> None:
    done = run_cli("detect", "https://example.org/clips/a.mp4")
    assert "run: curl -s https://example.org/clips/a.mp4 -o a.mp4 && unmask detect a.mp4" in done.stdout


def test_what_only_scan_reads_suggests_scan(run_cli: Run, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("a.jpg")
    (tmp_path / "all.zip").write_bytes(b"PK")
    for name in ("list.txt", "all.zip", "s3://bucket/a.jpg"):
        done = run_cli("detect", name, cwd=tmp_path)
        assert done.returncode == 1
        assert done.stdout.endswith(f"run: unmask scan {name}\n")


def test_a_picture_is_judged_whatever_its_name(fast_cli: Run, astronaut: Path, tmp_path: Path) -> None:
    (tmp_path / "photo.txt").write_bytes(astronaut.read_bytes())
    assert fast_cli("detect", tmp_path / "photo.txt").returncode == 0
