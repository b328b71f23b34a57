from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from unmask import open_image
from unmask.preprocessing import Preprocessing, preprocess, square_crop


@given(
    st.tuples(st.floats(-300, 900), st.floats(-300, 900), st.floats(0.5, 900), st.floats(0.5, 900)),
    st.integers(1, 800),
    st.integers(1, 800),
    st.floats(0.5, 4),
)
def test_the_square_crop_stays_inside_the_picture(
    box: tuple[float, float, float, float], width: int, height: int, margin: float
) -> None:
    x, y, w, h = square_crop(box, width, height, margin)
    assert w == h >= 1
    assert x >= -1e-9
    assert y >= -1e-9
    assert x + w <= width + 1e-6
    assert y + h <= height + 1e-6


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.sampled_from(["bilinear", "bicubic", "lanczos"]))
def test_preprocessed_faces_have_the_shape_of_the_models_input(width: int, height: int, resample: str) -> None:
    picture = open_image(np.zeros((height, width, 3), np.uint8))
    pixels = preprocess(picture, (0, 0, width, height), Preprocessing(size=32, resample=resample))
    assert pixels.shape == (32, 32, 3)
    assert pixels.dtype == np.uint8
