"""What every test may use: the bundled pictures, the provided data where there are any, and the real command."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from PIL import Image

from unmask import Detector

SAMPLES = Path(str(files("unmask").joinpath("samples")))
MODEL = "fast"
"""What judges in tests that are not about the default model, which costs eight times as much."""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def detector() -> Detector:
    """A shipped model that costs little."""
    return Detector.load(MODEL, threads=1)


@pytest.fixture(scope="session")
def default_detector() -> Detector:
    """The model that judges where nobody names one."""
    return Detector.load(threads=1)


@pytest.fixture(scope="session")
def astronaut() -> Path:
    """A real portrait in the public domain."""
    return SAMPLES / "astronaut.jpg"


@pytest.fixture(scope="session")
def portrait(astronaut: Path) -> Image.Image:
    """Its pixels."""
    with Image.open(astronaut) as image:
        return image.convert("RGB")


@pytest.fixture(scope="session")
def crowd(portrait: Image.Image) -> Image.Image:
    """Nine faces: a picture that takes long enough for a job of many to be cancelled."""
    side = 240
    image, face = Image.new("RGB", (3 * side, 3 * side)), portrait.resize((side, side))
    for place in range(9):
        image.paste(face, (place % 3 * side, place // 3 * side))
    return image


@pytest.fixture
def unmask() -> Run:
    """Runs the real command in a process of its own."""

    def run(*arguments: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "unmask", *map(str, arguments)]
        settings: dict[str, object] = {"capture_output": True, "text": True, "timeout": 120, "encoding": "utf-8"}
        return subprocess.run(command, **(settings | options))  # type: ignore[call-overload]

    return run


@pytest.fixture
def quick(unmask: Run) -> Run:
    """Runs a command that judges, with the model that costs little."""

    def run(command: str, *arguments: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
        return unmask(command, "--model", MODEL, *arguments, **options)

    return run


@pytest.fixture(scope="session")
def data() -> Path:
    """The provided labelled pictures; tests that need them say so and are skipped elsewhere."""
    folder = os.environ.get("UNMASK_DATA")
    if not folder:
        pytest.skip("set UNMASK_DATA to the folder of labelled pictures to run this test")
    return Path(folder)
