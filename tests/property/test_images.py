from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from unmask import UnmaskError, open_image

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
