"""The timeline and the page of a clip."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from tests.test_headline import USUAL, face, verdict
from unmask.html.markup import text
from unmask.reporting.clip import HEIGHT, clip_page, draw_timeline
from unmask.video import ClipVerdict, Moment, Track


def track(score: float) -> Track:
    buffer = io.BytesIO()
    Image.new("RGB", (96, 96), "teal").save(buffer, "WEBP")
    moments = tuple(Moment(time * 1.5, (0, 0, 9, 9), min(0.99, score + 0.01 * (time % 3))) for time in range(40))
    return Track(moments, USUAL.label(score), score, buffer.getvalue())


@pytest.fixture
def clip() -> ClipVerdict:
    scores = (0.97, 0.9, 0.6, 0.05, 0.3, 0.02, 0.5, 0.96)
    tracks = tuple(track(score) for score in scores)
    return ClipVerdict(verdict(*(face(score) for score in scores)), tracks, 60.0, 40, None)


def test_the_timeline_has_zones_of_equal_height_and_free_space_between_thumbnails(clip: ClipVerdict) -> None:
    pixels = np.asarray(draw_timeline(clip))
    tints = pixels[20 : HEIGHT - 30, -3]
    _, counts = np.unique(tints.reshape(-1, 3), axis=0, return_counts=True)
    assert sorted(counts)[-3] > 60
    dark = (pixels[HEIGHT + 110 :] < 100).all(-1).any(0)
    gaps = np.flatnonzero(~dark)
    assert len(gaps) > pixels.shape[1] / 8


def test_the_page_has_the_headline_and_every_face(clip: ClipVerdict) -> None:
    page = clip_page(clip)
    assert str(text("97.0% fake")) in page
    for words in ("What to do next", "Look for the original", "90.0% fake over 40 frames"):
        assert words in page
    assert page.count('class="shot"') == 8
