"""Converts arrays to 8-bit pixels. The range is decided by the values; an ambiguous array raises an error."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.errors import NotAnImage

EXPECTED = "pass H×W, H×W×1, H×W×3 or H×W×4 in RGB order"
CHANNELS = (1, 3, 4)
TOLERANCE = 1e-3
"""How far floating-point values may lie outside 0..1 through rounding or interpolation; they are clipped."""


def image_from_array(array: NDArray[Any]) -> Image.Image:
    """A Pillow image with 8 bits per channel from an array of pixels.

    Raises:
        NotAnImage: the shape, the type or the range of the values is not that of an image.
    """
    _check_shape(array)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    pixels = array if array.dtype == np.uint8 else _to_uint8(array)
    return Image.fromarray(np.ascontiguousarray(pixels))


def image_from_samples(samples: NDArray[Any]) -> Image.Image:
    """A gray Pillow image from samples whose file declares their range: 16-bit integers, or floating point."""
    with np.errstate(over="ignore"):
        values = np.nan_to_num(samples.astype(np.float32), posinf=0.0, neginf=0.0)
    if samples.dtype.kind in "iu":
        values = values / 257.0
    elif values.max(initial=0.0) <= 1.0:
        values = values * 255.0
    return Image.fromarray(_round(values))


def _check_shape(array: NDArray[Any]) -> None:
    shape = "×".join(map(str, array.shape)) or "()"
    if array.ndim == 1:
        raise NotAnImage(f"array of shape {shape}: {EXPECTED}; if it holds an encoded file, pass array.tobytes()")
    if array.ndim == 4:
        raise NotAnImage(f"array of shape {shape}: this is a batch; pass one picture at a time, such as array[0]")
    if array.ndim == 3 and array.shape[2] not in CHANNELS and array.shape[0] in CHANNELS:
        raise NotAnImage(f"array of shape {shape}: the channels come first; pass array.transpose(1, 2, 0)")
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in CHANNELS):
        raise NotAnImage(f"array of shape {shape}: {EXPECTED}")
    if not array.size:
        raise NotAnImage(f"array of shape {shape}: it has no pixels; {EXPECTED}")


def _to_uint8(array: NDArray[Any]) -> NDArray[np.uint8]:
    kind = array.dtype.kind
    if kind == "b":
        return array.astype(np.uint8) * np.uint8(255)
    if kind in "iu":
        return _from_integers(array)
    if kind == "f":
        return _from_floats(array)
    raise NotAnImage(f"array of {array.dtype}: pass integers of 0..255 or floating point in 0..1")


def _from_integers(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Integers up to 255 are 8-bit values; up to 65535 they are 16-bit values and are scaled."""
    low, high = int(array.min()), int(array.max())
    if low < 0:
        hint = "int8 holds no value above 127; pass uint8" if array.dtype == np.int8 else "pass integers of 0..255"
        raise NotAnImage(f"array of {array.dtype} with values from {low} to {high}: negative pixels; {hint}")
    if high <= 255:
        return array.astype(np.uint8)
    if high > 65535:
        raise NotAnImage(f"array of {array.dtype} with values up to {high}: pass 0..255, or 0..65535 for 16 bits")
    return _round(array.astype(np.float32) / 257.0)


def _from_floats(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Floating point in 0..1, scaled to 0..255."""
    if not np.isfinite(array).all():
        raise NotAnImage(f"array of {array.dtype} with NaN or infinite values: pass floating point in 0..1")
    low, high = float(array.min()), float(array.max())
    span = f"array of {array.dtype} with values from {low:g} to {high:g}"
    if low < -TOLERANCE:
        raise NotAnImage(f"{span}: negative pixels; undo the normalization and pass floating point in 0..1")
    if high > 1.0 + TOLERANCE:
        raise NotAnImage(f"{span}: the range is ambiguous; pass array / 255 (0..1), or uint8 with values of 0..255")
    return _round(array.astype(np.float32) * 255.0)


def _round(values: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return pixels
