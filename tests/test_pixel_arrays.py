from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from unmask import Detector, open_image
from unmask.errors import NotAnImage

INTEGERS = [np.int16, np.int32, np.int64, np.uint16, np.uint32, np.uint64]
RAMP = np.arange(192, dtype=np.uint8).reshape(8, 8, 3)


@pytest.mark.parametrize("kind", INTEGERS)
def test_integers_up_to_255_are_eight_bit_values(kind: type) -> None:
    assert np.array_equal(np.asarray(open_image(RAMP.astype(kind)).rgb()), RAMP)


@pytest.mark.parametrize("kind", [np.uint16, np.int32, np.int64])
def test_integers_up_to_65535_are_sixteen_bit_values(kind: type) -> None:
    wide = RAMP.astype(kind) * 257
    assert np.array_equal(np.asarray(open_image(wide).rgb()), RAMP)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_floats_in_0_to_1_are_scaled(kind: type) -> None:
    decoded = np.asarray(open_image((RAMP / 255).astype(kind)).rgb()).astype(int)
    assert np.abs(decoded - RAMP).max() <= 1


def test_floats_outside_0_to_1_by_rounding_are_clipped() -> None:
    floats = np.array([[-1e-6, 1.0 + 1e-6]], np.float32)
    assert np.asarray(open_image(floats).rgb())[0, :, 0].tolist() == [0, 255]


def test_booleans_are_black_and_white() -> None:
    assert np.asarray(open_image(np.array([[False, True]])).rgb())[0, :, 0].tolist() == [0, 255]


@pytest.mark.parametrize("kind", INTEGERS)
def test_scores_do_not_depend_on_the_integer_type(
    default_detector: Detector, portrait: Image.Image, kind: type
) -> None:
    pixels = np.asarray(portrait.convert("RGB"))
    expected = default_detector.predict(pixels, stability=False)
    verdict = default_detector.predict(pixels.astype(kind), stability=False)
    assert expected.faces
    assert (verdict.faces, verdict.sha256) == (expected.faces, expected.sha256)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (RAMP.astype(np.int8), "int8 holds no value above 127; pass uint8"),
        (RAMP.astype(np.int32) - 5, "values from -5 to 186: negative pixels; pass integers of 0..255"),
        (RAMP.astype(np.int64) * 500, "values up to 95500: pass 0..255, or 0..65535 for 16 bits"),
        ((RAMP / 255 - 0.45) / 0.22, "negative pixels; undo the normalization"),
        (RAMP / 127.5 - 1, "values from -1 to 0.498039: negative pixels"),
        (RAMP.astype(np.float32), "values from 0 to 191: the range is ambiguous; pass array / 255"),
        (RAMP * 3.0, "the range is ambiguous"),
        (np.where(RAMP == 7, np.nan, 0.5), "NaN or infinite"),
        (np.where(RAMP == 7, np.inf, 0.5), "NaN or infinite"),
        (RAMP.astype(complex), "array of complex128: pass integers"),
        (RAMP.astype(object), "array of object: pass integers"),
        (RAMP.astype(str), "pass integers of 0..255"),
        (RAMP.transpose(2, 0, 1), "3×8×8: the channels come first; pass array.transpose"),
        (RAMP[None], "1×8×8×3: this is a batch; pass one picture at a time"),
        (np.frombuffer(b"\xff\xd8\xff\xe0", np.uint8), "if it holds an encoded file, pass array.tobytes"),
        (RAMP[:, :, :2], "8×8×2: pass H×W, H×W×1, H×W×3 or H×W×4"),
        (RAMP[:0], "0×8×3: it has no pixels"),
        (np.array(5), "pass H×W"),
    ],
)
def test_ambiguous_arrays_raise_an_error_that_says_what_to_pass(array: np.ndarray, message: str) -> None:
    with pytest.raises(NotAnImage) as caught:
        open_image(array)
    assert message in caught.value.message


def test_integer_images_without_a_file_are_decided_by_value() -> None:
    gray = Image.fromarray(RAMP[:, :, 0].astype(np.int32))
    assert gray.mode == "I"
    assert np.array_equal(np.asarray(open_image(gray).rgb())[:, :, 0], RAMP[:, :, 0])
    with pytest.raises(NotAnImage, match="ambiguous"):
        open_image(Image.fromarray(RAMP[:, :, 0].astype(np.float32)))


def test_dark_sixteen_bit_files_keep_their_range() -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.full((8, 8), 200, np.uint16)).save(buffer, "PNG")
    assert open_image(buffer.getvalue()).rgb().getpixel((0, 0)) == (1, 1, 1)
