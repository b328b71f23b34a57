"""The signals accept images of any size, and damaged files raise an error of unmask or nothing."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from unmask import UnmaskError
from unmask.signals import SIGNALS, examine

SIDES = st.integers(1, 64)
BOXES = st.none() | st.tuples(*(st.floats(-8, 72) for _ in range(2)), *(st.floats(0.5, 72) for _ in range(2)))


def encoded(width: int, height: int, mode: str, form: str, seed: int = 0) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, form)
    return file.getvalue()


@pytest.mark.filterwarnings("error::RuntimeWarning")
@settings(max_examples=150, deadline=None)
@given(SIDES, SIDES, st.sampled_from(["RGB", "L", "1"]), st.sampled_from(["PNG", "JPEG"]), BOXES)
def test_images_of_any_size_have_all_signals(
    width: int, height: int, mode: str, form: str, box: tuple[float, float, float, float] | None
) -> None:
    signals = examine(encoded(width, height, mode, form), box)
    assert tuple(signal.name for signal in signals) == SIGNALS


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("size", [(1, 1), (1, 1000), (1000, 1), (16, 1), (1, 8)])
@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_thin_images_have_all_signals(size: tuple[int, int], form: str) -> None:
    signals = examine(encoded(*size, "RGB", form))
    assert all(np.isfinite(signal.details.get("mean", 0.0)) for signal in signals)


@settings(max_examples=300, deadline=None)
@given(st.data(), st.sampled_from(["PNG", "JPEG"]), st.integers(1, 12))
def test_damaged_files_raise_no_other_error(data: st.DataObject, form: str, count: int) -> None:
    content = bytearray(encoded(40, 24, "RGB", form))
    for _ in range(count):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        examine(bytes(content[: data.draw(st.integers(1, len(content)))]))
    except UnmaskError as error:
        assert error.message
