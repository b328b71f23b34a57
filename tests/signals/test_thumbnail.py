"""The embedded thumbnail, compared with the picture."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tests.signals.jpeg_files import with_thumbnail
from unmask import open_image
from unmask.signals import Severity
from unmask.signals.jpeg_signal import read_jpeg


def test_a_thumbnail_of_another_picture_is_found(portrait: Image.Image) -> None:
    small = portrait.resize((160, 160))
    same = read_jpeg(open_image(with_thumbnail(portrait, small)))
    assert same.details["thumbnail_likeness"] > 0.95
    barred = Image.new("RGB", (160, 120))
    barred.paste(portrait.resize((120, 120)), (20, 0))
    assert read_jpeg(open_image(with_thumbnail(portrait, barred))).details["thumbnail_likeness"] > 0.9
    other = Image.fromarray(np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8))
    differs = read_jpeg(open_image(with_thumbnail(portrait, other)))
    assert (differs.state, differs.severity) == ("thumbnail_differs", Severity.STRONG)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_thumbnail_is_turned_by_the_orientation_of_the_picture(portrait: Image.Image, orientation: int) -> None:
    found = read_jpeg(open_image(with_thumbnail(portrait, portrait.resize((160, 160)), orientation)))
    assert found.details["thumbnail_likeness"] > 0.95


def test_a_picture_of_one_color_correlates_with_its_thumbnail() -> None:
    black = Image.new("RGB", (320, 320))
    assert read_jpeg(open_image(with_thumbnail(black, black.resize((160, 160))))).details["thumbnail_likeness"] == 1
    white = Image.new("RGB", (160, 160), "white")
    white.putpixel((80, 80), (0, 0, 0))
    assert read_jpeg(open_image(with_thumbnail(black, white))).state == "thumbnail_differs"
