from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from unmask.faces.rescoring import rescore
from unmask.runtime import Session, open_session
from unmask.zoo import FACES

FACE = (175.0, 65.0, 271.0, 194.0)
"""Reference box in the astronaut picture as corners."""


@pytest.fixture(scope="module")
def session() -> Session:
    return open_session(FACES.read(), threads=1)


def test_a_face_scores_high_again_and_a_flag_low(session: Session, portrait: Image.Image) -> None:
    flag = (40.0, 200.0, 110.0, 290.0)
    face, other = rescore(session, portrait, np.array([FACE, flag], np.float32))
    assert face > 0.6
    assert other < 0.4


@pytest.mark.parametrize("scale", [0.2, 4.0])
def test_faces_of_every_size_score_high_again(session: Session, portrait: Image.Image, scale: float) -> None:
    scaled = portrait.resize((round(512 * scale), round(512 * scale)), Image.Resampling.BICUBIC)
    (score,) = rescore(session, scaled, np.array([FACE], np.float32) * np.float32(scale))
    assert score > 0.6


def test_a_face_at_the_border_is_rescored(session: Session, portrait: Image.Image) -> None:
    cut = portrait.crop((200, 60, 400, 300))
    corners = np.array([FACE], np.float32) - np.array([200, 60, 200, 60], np.float32)
    (score,) = rescore(session, cut, corners)
    assert 0 <= score <= 1


def test_rescoring_no_boxes(session: Session, portrait: Image.Image) -> None:
    assert rescore(session, portrait, np.empty((0, 4), np.float32)).shape == (0,)
