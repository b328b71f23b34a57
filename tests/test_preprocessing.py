"""Preprocessing: the square crop around a face, scaled or at native resolution."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from unmask.images import open_image
from unmask.preprocessing import Preprocessing, preprocess, square_crop

NATIVE = Preprocessing(size=64, margin=1.1, min_side=64)


def noise(width: int, height: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(3).integers(0, 256, (height, width, 3), np.uint8))


def test_a_small_face_is_shown_with_its_surroundings_and_without_scaling() -> None:
    image = noise(300, 200)
    pixels = preprocess(open_image(image), (100.0, 80.0, 20.0, 24.0), NATIVE)
    assert np.array_equal(pixels, np.asarray(image)[60:124, 78:142])


def test_a_face_larger_than_the_input_is_scaled_down() -> None:
    assert NATIVE.region((100.0, 50.0, 90.0, 100.0), 300, 200) == pytest.approx((90.0, 45.0, 110.0, 110.0))


def test_the_crop_is_never_larger_than_the_picture() -> None:
    assert square_crop((10.0, 10.0, 5.0, 5.0), 40, 30, 1.1, 64) == (0.0, 0.0, 30.0, 30.0)


def test_a_card_without_min_side_is_read_and_written_as_before() -> None:
    assert "min_side" not in Preprocessing().to_dict()
    assert Preprocessing(**NATIVE.to_dict()) == NATIVE


def test_a_min_side_beyond_the_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="min_side 4096 is outside"):
        Preprocessing(min_side=4096)
