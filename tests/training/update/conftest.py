"""Small pictures of a made-up kind of fake."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.face_folders import SIDE, tinted, write_faces

BASE = "fast"


@pytest.fixture(scope="session")
def kind(tmp_path_factory: pytest.TempPathFactory, portrait: Image.Image) -> Path:
    """24 real faces on different backgrounds, and 24 fakes of a made-up kind: a green tint."""
    face = portrait.resize((SIDE, SIDE))
    return write_faces(tmp_path_factory.mktemp("kind"), face, tinted(face), range(48))
