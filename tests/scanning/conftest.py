from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import unmask
from tests.conftest import MODEL
from unmask.detector import DetectorConfig
from unmask.images import Limits
from unmask.scanning.sources import list_items

Make = Callable[..., Path]
scan = partial(unmask.scan, detector=DetectorConfig(MODEL))


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("UNMASK_CACHE", str(folder))
    return folder


def paths(*sources: str | Path, **options: str) -> list[str]:
    """The paths of the items of some sources."""
    return [item.path for item in list_items([*map(str, sources)], Limits(), **options)]


def names(*sources: str | Path) -> list[str]:
    return [Path(path).name for path in paths(*sources)]


def noise(number: int, side: int = 48) -> Image.Image:
    """A distinct picture without a face."""
    pixels = np.random.default_rng(number).integers(0, 256, (6, 6, 3), np.uint8)
    return Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC)


@pytest.fixture
def make(tmp_path: Path, portrait: Image.Image) -> Make:
    """Makes a folder of different pictures, some of them with a face."""

    def make(count: int = 8, faces: int = 4, name: str = "pictures") -> Path:
        folder = tmp_path / name
        folder.mkdir()
        for number in range(count):
            image = noise(number)
            if number < faces:
                image = portrait.resize((160, 160), box=(number, number, portrait.width, portrait.height))
            image.save(folder / f"{number:04}.jpg", quality=90)
        return folder

    return make
