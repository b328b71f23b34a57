"""What tests of several commands use."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageFilter


@pytest.fixture
def faces(tmp_path: Path, portrait: Image.Image) -> Path:
    """Six portraits called real, six smoothed ones called fake."""
    small = portrait.resize((256, 256))
    for label in ("Real", "Fake"):
        (tmp_path / "faces" / label).mkdir(parents=True)
        for number in range(6):
            turned = small.rotate(3 * number - 8, Image.Resampling.BICUBIC)
            image = turned.filter(ImageFilter.GaussianBlur(1 + number / 3)) if label == "Fake" else turned
            image.save(tmp_path / "faces" / label / f"{number}.jpg", quality=90)
    return tmp_path / "faces"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that a command opens; nothing is started."""
    files: list[str] = []
    monkeypatch.setattr("typer.launch", files.append)
    return files
