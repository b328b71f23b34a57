"""The release scripts: every command they call exists, every input was made before, and no step runs twice."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from unmask.cli import build
from unmask.training.config import Recipe
from unmask.training.config_io import parse_settings

SCRIPT_FOLDER = Path(__file__).parents[2] / "research/release"
SCRIPTS = {
    "make-default.sh": ("default", "--mirror"),
    "make-native.sh": ("default-native", "--shares"),
    "make-open.sh": ("open", "--bits"),
}
"""What each makes last, and how."""

STAND_IN = f"""#!{sys.executable}
import os, sys
from pathlib import Path

name, arguments = Path(sys.argv[0]).name, sys.argv[1:]
with open(os.environ["CALLS"], "a") as calls:
    calls.write("\\x1f".join([name, *arguments]) + "\\n")
missing = [part for part in arguments if part.endswith("model.onnx") and not Path(part.rpartition("=")[2]).exists()]
if missing:
    sys.exit(f"made from what is not there: {{missing}}")
flag = next(flag for flag in ("--output", "--out") if flag in arguments)
folder = Path(arguments[arguments.index(flag) + 1])
folder.mkdir(parents=True)
(folder / ("model.onnx" if name == "unmask" else "manifest.csv")).touch()
"""


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_the_scripts_that_make_the_shipped_models(script: str, tmp_path: Path) -> None:
    for name in ("unmask", "python"):
        (tmp_path / name).write_text(STAND_IN)
        (tmp_path / name).chmod(0o755)
    if script == "make-native.sh":
        (tmp_path / "out/default").mkdir(parents=True)
        (tmp_path / "out/default/model.onnx").touch()
    calls = tmp_path / "calls"
    surroundings = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "CALLS": str(calls)}
    command = [
        "bash",
        str(SCRIPT_FOLDER / script),
        "data",
        "weights",
        str(tmp_path / "out"),
        "--set",
        "fit.batch_size=16",
    ]
    done = subprocess.run(command, env=surroundings, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    made = [line.split("\x1f") for line in calls.read_text().splitlines()]
    assert made[-1][:2] == ["unmask", "ensemble"]
    assert SCRIPTS[script][1] in made[-1]
    commands = get_command(build()).commands  # type: ignore[attr-defined]
    for program, verb, *arguments in made:
        if program == "python":
            assert [verb, arguments[0]] == ["-m", "research.autoencoder_fakes"]
            continue
        given = commands[verb].make_context(verb, list(arguments)).params
        if verb == "train":
            recipe = Recipe.load(given["recipe"], **parse_settings(given["changes"]))
            assert recipe.fit.batch_size == 16
    calls.unlink()
    shutil.rmtree(tmp_path / "out" / SCRIPTS[script][0])
    again = subprocess.run(command, env=surroundings, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert len(calls.read_text().splitlines()) == 1


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_a_script_without_arguments_prints_its_usage(script: str) -> None:
    done = subprocess.run(["bash", str(SCRIPT_FOLDER / script), "data"], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: ")
