"""Photographs composed of labeled crops."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from research.common.labeled_face import LabeledFace
from research.studies.photo_scenes import SIZES, composed, messenger
from unmask.datasets import LabeledImage
from unmask.preprocessing import square_crop


def test_a_composed_photograph_leaves_every_judged_pixel_of_the_crop() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    box = (30.0, 20.0, 130.0, 160.0)
    subject = LabeledFace(LabeledImage(Path("one.png"), "real", "valid", "made"), Image.fromarray(pixels), box)
    photo = composed([subject], 0, np.random.default_rng(1))
    scene = np.asarray(Image.open(io.BytesIO(photo.data)))
    left, top = (round(photo.boxes[0][axis] - box[axis]) for axis in (0, 1))
    assert (scene[top : top + 200, left : left + 200] == pixels).all()
    x, y, side, _ = square_crop(photo.boxes[0], *photo.size, 1.5)
    above, beside = scene[top - 10 : top, left : left + 200], scene[top : top + 200, left - 10 : left]
    assert y < top
    assert (above == pixels[9::-1]).all()
    assert x >= left or (beside == pixels[:, 9::-1]).all()
    assert side == pytest.approx(1.5 * 160)


def test_a_face_that_its_crop_cuts_is_not_continued() -> None:
    image = Image.new("RGB", (224, 224), "tan")
    item = LabeledImage(Path("one.png"), "real", "valid", "made")
    assert LabeledFace(item, image, (40.0, 20.0, 130.0, 160.0)).fully_inside
    assert not LabeledFace(item, image, (12.0, 0.0, 198.0, 206.0)).fully_inside


def test_faces_of_a_sent_photograph_have_the_size_that_was_asked_for() -> None:
    subject = LabeledFace(
        LabeledImage(Path("one.png"), "fake", "valid", "made"),
        Image.new("RGB", (256, 256), "tan"),
        (60.0, 60.0, 128.0, 128.0),
    )
    photo = messenger([subject], 3, np.random.default_rng(0))
    assert max(photo.size) == 1600
    assert Image.open(io.BytesIO(photo.data)).size == photo.size
    assert max(photo.boxes[0][2:]) == pytest.approx(SIZES[3], rel=0.02)
