"""The built wheel: its files, and a verdict from its installed command outside the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RESEARCH_PACKAGES = {"benchmarks", "research", "tools", "tests"}

pytestmark = pytest.mark.integration


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        encoding="utf-8",
        cwd=cwd,
        env={**os.environ, **environment},
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an sdist and the wheel built from it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (path,) = dist.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts of a new virtual environment: the installed wheel, and the dependencies of this interpreter.

    A .pth file adds the installed dependencies. Python does not read the .pth files of a folder added in this way, so
    an editable install of the checkout stays invisible.
    """
    folder = tmp_path_factory.mktemp("venv")
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    names = {"base": str(folder), "platbase": str(folder)}
    site_packages = Path(sysconfig.get_path("purelib", vars=names))
    dependencies = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site_packages / "dependencies.pth").write_text("\n".join(dependencies) + "\n", "utf-8")
    scripts = Path(sysconfig.get_path("scripts", vars=names))
    install = ("install", "--quiet", "--no-deps", "--no-index", "--ignore-installed", wheel)
    run(sys.executable, "-m", "pip", "--python", scripts / "python", *install, cwd=folder)
    return scripts


def test_the_wheel_holds_the_package_and_its_data_only(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.partition("/")[0] for name in names}
    (metadata,) = top - {"unmask"}
    assert metadata.endswith(".dist-info")
    assert not [name for name in names if RESEARCH_PACKAGES & set(Path(name).parts)]
    needed = ("models/default.onnx", "samples/astronaut.jpg", "recipes/cnn3.toml", "py.typed")
    assert not [name for name in needed if f"unmask/{name}" not in names]


def test_no_module_of_the_wheel_imports_research_code(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    lines = [
        line.split()[1].partition(".")[0]
        for name in archive.namelist()
        if name.endswith(".py")
        for line in archive.read(name).decode("utf-8").splitlines()
        if line.lstrip().startswith(("import ", "from ")) and len(line.split()) > 1
    ]
    assert not RESEARCH_PACKAGES & set(lines)


def test_the_sdist_holds_what_the_tests_need(dist: Path) -> None:
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        folders = {Path(name).parts[1] for name in archive.getnames()}
    assert {"src", "docs", "examples", "pyproject.toml", "README.md"} | RESEARCH_PACKAGES <= folders


def test_the_installed_command_gives_a_verdict(environment: Path, tmp_path: Path) -> None:
    python = environment / "python"
    package = Path(run(python, "-c", "import unmask; print(unmask.__file__)", cwd=tmp_path, PYTHONPATH="").strip())
    assert package.is_relative_to(environment.parent)
    sample = package.parent / "samples" / "astronaut.jpg"
    verdict = json.loads(run(environment / "unmask", "detect", sample, "--json", cwd=tmp_path, PYTHONPATH=""))
    assert verdict["label"] == "real"
    assert len(verdict["faces"]) == 1
