"""Tools on a folder with two pictures and a broken one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import SAMPLES
from unmask import Detector
from unmask.mcp_server import ImageInput, Tools


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """`a.jpg` and `sub/b.jpg` can be judged, `c.jpg` cannot."""
    inside = tmp_path / "inside"
    (inside / "sub").mkdir(parents=True)
    shutil.copy(SAMPLES / "astronaut.jpg", inside / "a.jpg")
    shutil.copy(SAMPLES / "blended.jpg", inside / "sub" / "b.jpg")
    (inside / "c.jpg").write_text("no picture")
    return inside


@pytest.fixture
def tools(detector: Detector, folder: Path) -> Tools:
    return Tools(detector, ImageInput.allow([folder]))
