from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from unmask import UnmaskError, open_image
from unmask.preprocessing import Preprocessing, preprocess, square_crop

SHAPES = arrays.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=9)
TYPES = st.one_of(
    arrays.integer_dtypes(), arrays.unsigned_integer_dtypes(), arrays.floating_dtypes(), st.just(np.bool_)
)


@settings(max_examples=150, deadline=None)
@given(TYPES.flatmap(lambda kind: arrays.arrays(kind, SHAPES)))
def test_any_array_is_a_picture_or_a_clear_error(array: np.ndarray) -> None:
    try:
        picture = open_image(array)
    except UnmaskError as error:
        assert error.message
        return
    assert picture.rgb().mode == "RGB"
    assert picture.rgb().size == (array.shape[1], array.shape[0])


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"RIFF", b"II*\0"]),
)
def test_any_bytes_are_a_picture_or_a_clear_error(data: bytes, magic: bytes) -> None:
    try:
        open_image(magic + data).rgb()
    except UnmaskError as error:
        assert error.message
        assert "\n" not in error.message


@given(
    st.tuples(st.floats(-300, 900), st.floats(-300, 900), st.floats(0.5, 900), st.floats(0.5, 900)),
    st.integers(1, 800),
    st.integers(1, 800),
    st.floats(0.5, 4),
)
def test_the_square_stays_inside_the_picture(
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
def test_prepared_faces_have_the_models_shape(width: int, height: int, resample: str) -> None:
    picture = open_image(np.zeros((height, width, 3), np.uint8))
    pixels = preprocess(picture, (0, 0, width, height), Preprocessing(size=32, resample=resample))
    assert pixels.shape == (32, 32, 3)
    assert pixels.dtype == np.uint8
