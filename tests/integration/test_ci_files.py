"""The action for GitHub, the snippet for GitLab, and the script that both run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.conftest import MODEL, SAMPLES
from tests.schemas import validate

yaml = pytest.importorskip("yaml", reason="needs the package pyyaml")

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "ci" / "scan-changed.sh"
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
STORE = "https://json.schemastore.org"


def snippets() -> list[Any]:
    page = (ROOT / "docs" / "ci.md").read_text("utf-8")
    return [yaml.load(text, yaml.BaseLoader) for text in re.findall(r"^```yaml\n(.*?)^```", page, re.M | re.S)]


def test_the_action_follows_the_schema() -> None:
    validate(ACTION, f"{STORE}/github-action.json")


def test_the_snippets_follow_the_schemas() -> None:
    github, gitlab = snippets()
    validate(github, f"{STORE}/github-workflow.json")
    validate(gitlab, "https://gitlab.com/gitlab-org/gitlab/-/raw/master/app/assets/javascripts/editor/schema/ci.json")
    used = github["jobs"]["unmask"]["steps"][1]["with"]
    assert set(used) <= set(ACTION["inputs"])


def test_the_page_lists_every_input() -> None:
    listed = re.findall(r"^\| `([a-z-]+)` \|", (ROOT / "docs" / "ci.md").read_text("utf-8"), re.M)
    assert listed[: len(ACTION["inputs"])] == list(ACTION["inputs"])


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A commit with one picture, and a second one with another picture and a text."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    commit(folder, {"old.jpg": (SAMPLES / "astronaut.jpg").read_bytes()})
    commit(folder, {"new é.JPG": (SAMPLES / "blended.jpg").read_bytes(), "page.txt": b"text"})
    return folder


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "Add files")


def environment(folder: Path) -> dict[str, str]:
    """An environment in which `unmask` is this package, and `pip` does nothing, because it is installed."""
    programs = folder.parent / "programs"
    programs.mkdir(exist_ok=True)
    for name, line in (("unmask", f'exec "{sys.executable}" -m unmask "$@"'), ("pip", "exit 0")):
        (programs / name).write_text(f"#!/bin/sh\n{line}\n")
        (programs / name).chmod(0o755)
    return {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "GITHUB_ACTION_PATH": str(ROOT)}


def run_steps(folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """The shell steps of the action, as the runner would start them."""
    values = {name: str(each.get("default", "")) for name, each in ACTION["inputs"].items()} | inputs
    scripts = []
    variables: dict[str, str] = {}
    for step in ACTION["runs"]["steps"]:
        if "run" in step:
            scripts.append(step["run"])
            for name, value in step.get("env", {}).items():
                variables[name] = values[re.fullmatch(r"\$\{\{ inputs\.([a-z-]+) \}\}", value)[1]]  # type: ignore[index]
    command = ["bash", "-eo", "pipefail", "-c", "\n".join(scripts)]
    env = environment(folder) | variables
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.integration
def test_the_action_scans_the_changed_picture_only(repository: Path) -> None:
    inputs = {"model": MODEL, "fail-on": "fake unsure", "options": "--workers 1 --no-stability"}
    done = run_steps(repository, base="HEAD~1", **inputs)
    assert done.returncode == 3, done.stderr
    log = json.loads((repository / "unmask-findings" / "findings.sarif").read_text("utf-8"))
    (result,) = log["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "new%20%C3%A9.JPG"
    cases = ElementTree.parse(repository / "unmask-findings" / "findings.xml").getroot().findall(".//testcase")
    assert [case.get("name") for case in cases] == ["new é.JPG"]
    assert {path.name.split(".")[0] for path in (repository / "unmask-findings").iterdir()} == {"findings"}
    assert cases[0].find("failure") is not None


@pytest.mark.integration
def test_nothing_is_scanned_if_no_picture_changed(repository: Path) -> None:
    commit(repository, {"page.txt": b"another text"})
    done = run_steps(repository, base="HEAD~1", model=MODEL)
    assert done.returncode == 0, done.stderr
    assert "no picture changed" in done.stdout


def test_the_script_is_clean_for_shellcheck() -> None:
    program = shutil.which("shellcheck")
    if program is None:
        pytest.skip("needs shellcheck")
    subprocess.run([program, str(SCRIPT)], check=True)
