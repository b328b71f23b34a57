"""Clips for the tests of streams."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import SAMPLES
from tests.video.clips import pan, write_clip
from unmask.streams import reader

pytest.importorskip("av")


@pytest.fixture(autouse=True)
def _short_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "FIRST_DELAY", 0.05)


@pytest.fixture(scope="session")
def real_face(portrait: Image.Image) -> Image.Image:
    """A face that the fast model labels `real`."""
    return portrait.crop((120, 10, 330, 220))


@pytest.fixture(scope="session")
def fake_face() -> Image.Image:
    """A face that the fast model labels `fake`."""
    with Image.open(SAMPLES / "generated.jpg") as image:
        return image.convert("RGB")


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory, real_face: Image.Image, fake_face: Image.Image) -> Path:
    """A folder with `real` and `fake` as .ts, and `both` (first the real face) as .mp4 and .mkv; two seconds a face."""
    folder = tmp_path_factory.mktemp("streams")
    write_clip(folder / "real.ts", pan([real_face], 20), 20)
    write_clip(folder / "fake.ts", pan([fake_face], 20), 20)
    for suffix in ("mp4", "mkv"):
        write_clip(folder / f"both.{suffix}", pan([real_face, fake_face], 40), 40)
    return folder
