"""The entry point in real processes: streams, exit codes, signals."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import MODEL, Run

pytestmark = pytest.mark.integration


def test_the_installed_command_and_the_module_are_the_same_program(run_process: Run) -> None:
    script = Path(sys.executable).with_name("unmask")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == run_process("--version").stdout
    assert done.stdout.startswith("unmask ")
    assert "--json" in run_process("detect", "--help").stdout


def test_errors_are_one_line_and_an_exit_code(run_process: Run, astronaut: Path, tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(b"not a model")
    for arguments, code in (
        (("detect",), 2),
        (("detect", astronaut, "--nonsense"), 2),
        (("detect", astronaut, "--model", "nonsense"), 2),
        (("detect", astronaut, "--model", tmp_path / "m.onnx"), 1),
        (("models", "default", "--export-hub", tmp_path / "m.onnx"), 1),
    ):
        done = run_process(*arguments)
        assert done.returncode == code, arguments
        assert "Traceback" not in done.stderr
        if "--nonsense" not in arguments and len(arguments) > 1:
            assert done.stderr.startswith("unmask: ")
            assert len(done.stderr.splitlines()) == 1


def test_stdin(fast_process: Run, astronaut: Path) -> None:
    done = fast_process("detect", "-", "--json", input=astronaut.read_bytes(), text=False, encoding=None)
    assert done.returncode == 0
    assert json.loads(done.stdout)["path"] == "stdin"
    assert fast_process("detect", "-", "-").returncode == 2


@pytest.mark.parametrize("coding", ["cp1252", "ascii", "utf-8:strict"])
def test_output_into_a_file_is_utf_8_on_every_system(
    fast_process: Run, astronaut: Path, tmp_path: Path, coding: str
) -> None:
    shutil.copy(astronaut, tmp_path / "лицо.jpg")
    shutil.copy(astronaut, os.fsencode(tmp_path) + b"/la\xe9.jpg")
    environment = os.environ | {"PYTHONIOENCODING": coding}
    done = fast_process("detect", tmp_path, "--no-stability", env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "лицо.jpg" in done.stdout
    found = fast_process("detect", tmp_path, "--json", "--no-stability", env=environment).stdout.splitlines()
    names = {os.fsencode(Path(json.loads(line)["path"]).name) for line in found}
    assert names == {"лицо.jpg".encode(), b"la\xe9.jpg"}


def start(*arguments: str | Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "unmask", "detect", "--json", "--model", MODEL, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_two_pictures_end_with_the_counts_on_a_terminal(astronaut: Path) -> None:
    terminal, stderr = pty.openpty()
    command = [sys.executable, "-m", "unmask", "detect", "--no-stability", "--model", MODEL]
    for pictures, lines in (([astronaut], 0), ([astronaut, astronaut], 1)):
        done = subprocess.run([*command, *pictures], stdout=subprocess.PIPE, stderr=stderr, check=True)
        assert len(done.stdout.splitlines()) == len(pictures)
        os.write(stderr, b"end\n")
        shown = os.read(terminal, 100_000).decode("utf-8")
        assert shown.count("(2 in ") == lines


def test_a_closed_pipe_exits_without_a_traceback(astronaut: Path) -> None:
    process = start(*[astronaut] * 3)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    stderr = process.stderr.read()
    assert process.wait(60) == 1
    assert stderr == ""


def test_ctrl_c_exits_with_130_and_one_line(astronaut: Path) -> None:
    process = start(*[astronaut] * 500)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert stderr == "unmask: interrupted\n"
