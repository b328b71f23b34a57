"""Fixtures for all tests: bundled pictures, labeled data, detectors, and the command line."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import chdir, nullcontext
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from unmask import Detector
from unmask.cli import build

if TYPE_CHECKING:
    from mlflow.entities import Run as MlflowStoredRun
    from playwright.sync_api import Playwright

SAMPLES = Path(str(files("unmask").joinpath("samples")))
MODEL = "fast"
"""Model for tests that do not need the default model; it takes an eighth of the time."""

Done = subprocess.CompletedProcess[str]
Run = Callable[..., Done]
MlflowRuns = Callable[[], "list[MlflowStoredRun]"]


def damaged_exif() -> bytes:
    """A picture without a face whose EXIF data is cut, of which Pillow warns."""
    file = io.BytesIO()
    Image.new("RGB", (64, 64)).save(file, "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\x02\0\x0f\x01\x02\0")
    return file.getvalue()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The driver of browsers. A process can start one only, so that all browser tests share it."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def detector() -> Detector:
    """A detector with the fast model."""
    return Detector.load(MODEL, threads=1)


@pytest.fixture(scope="session")
def default_detector() -> Detector:
    """A detector with the default model."""
    return Detector.load(threads=1)


@pytest.fixture(scope="session")
def astronaut() -> Path:
    """A real portrait in the public domain."""
    return SAMPLES / "astronaut.jpg"


@pytest.fixture(scope="session")
def portrait(astronaut: Path) -> Image.Image:
    """The pixels of `astronaut`."""
    with Image.open(astronaut) as image:
        return image.convert("RGB")


@pytest.fixture(scope="session")
def crowd(portrait: Image.Image) -> Image.Image:
    """A picture with nine faces, slow enough that a job of several can be canceled."""
    side = 240
    image, face = Image.new("RGB", (3 * side, 3 * side)), portrait.resize((side, side))
    for place in range(9):
        image.paste(face, (place % 3 * side, place // 3 * side))
    return image


@cache
def application() -> typer.Typer:
    return build()


@pytest.fixture
def run_cli() -> Run:
    """Runs a command in this process, as `main()` does; an unexpected exception fails the test."""

    def run(*arguments: str | Path, cwd: Path | None = None) -> Done:
        with chdir(cwd) if cwd else nullcontext():
            result = CliRunner().invoke(application(), [*map(str, arguments)], catch_exceptions=False)
        stdout, stderr = (stream.decode("utf-8") for stream in (result.stdout_bytes, result.stderr_bytes))
        return subprocess.CompletedProcess(arguments, result.exit_code, stdout, stderr)

    return run


@pytest.fixture
def run_process() -> Run:
    """Runs a command in a process of its own; tests that use it are marked `integration`."""

    def run(*arguments: str | Path, **options: object) -> Done:
        command = [sys.executable, "-m", "unmask", *map(str, arguments)]
        settings: dict[str, object] = {"capture_output": True, "text": True, "timeout": 120, "encoding": "utf-8"}
        return subprocess.run(command, **(settings | options))  # type: ignore[call-overload]

    return run


@pytest.fixture
def fast_cli(run_cli: Run) -> Run:
    """`run_cli` with the fast model."""
    return partial(_with_fast_model, run_cli)


@pytest.fixture
def fast_process(run_process: Run) -> Run:
    """`run_process` with the fast model."""
    return partial(_with_fast_model, run_process)


def _with_fast_model(run: Run, command: str, *arguments: str | Path, **options: object) -> Done:
    return run(command, "--model", MODEL, *arguments, **options)


@pytest.fixture(scope="session")
def mlflow_database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of MLflow's own local store, an SQLite file."""
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow') / 'mlflow.db'}"


@pytest.fixture
def mlflow_runs(
    mlflow_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> MlflowRuns:
    """All runs that the test has logged; each test has its own experiment."""
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_database)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", request.node.name)
    monkeypatch.chdir(tmp_path)

    def runs() -> list[MlflowStoredRun]:
        experiment = mlflow.MlflowClient().get_experiment_by_name(request.node.name)
        return list(mlflow.MlflowClient().search_runs([experiment.experiment_id])) if experiment else []

    return runs


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of labeled pictures that `UNMASK_DATA` names; without it the test is skipped."""
    folder = os.environ.get("UNMASK_DATA")
    if not folder:
        pytest.skip("set UNMASK_DATA to the folder of labeled pictures to run this test")
    return Path(folder)
