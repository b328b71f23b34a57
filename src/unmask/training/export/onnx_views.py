"""Graph nodes that cut the crop around the face out of a model's input, and place its map back into the input.

A member of an ensemble that was trained on scaled face crops then works on the same pixels as one that was trained on
crops at native resolution. The input `face_region` gives the place of the face.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from unmask.card_reader import FACE_REGION

FACE_VIEW = "unmask/face"
"""Name of the pixels of the crop around the face, uint8 `[N, size, size, 3]`."""
BORDER = 4
"""Pixels by which the input is padded, so that bicubic sampling beyond its border repeats the border."""


def constant(name: str, value: np.generic | np.ndarray) -> onnx.NodeProto:
    """A constant tensor."""
    return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(np.asarray(value), name))


def face_view(size: int) -> Iterator[onnx.NodeProto]:
    """`FACE_VIEW` from `pixels` and `face_region`, by bicubic sampling at `size` pixels a side.

    Columns and rows are sampled by two products with matrices of weights, in a third of the time of the operator
    GridSample. Pixels beyond the border repeat those of the border.
    """
    yield from _corners()
    yield from _sampling_weights(size)
    yield helper.make_node("Cast", ["pixels"], [f"{FACE_VIEW}/float"], to=TensorProto.FLOAT)
    yield helper.make_node("Transpose", [f"{FACE_VIEW}/float"], [f"{FACE_VIEW}/planes"], perm=[0, 3, 1, 2])
    yield constant(f"{FACE_VIEW}/pads", np.array([0, 0, BORDER, BORDER] * 2, np.int64))
    yield helper.make_node("Pad", [f"{FACE_VIEW}/planes", f"{FACE_VIEW}/pads"], [f"{FACE_VIEW}/padded"], mode="edge")
    yield helper.make_node("MatMul", [f"{FACE_VIEW}/rows", f"{FACE_VIEW}/padded"], [f"{FACE_VIEW}/narrow"])
    yield helper.make_node("MatMul", [f"{FACE_VIEW}/narrow", f"{FACE_VIEW}/columns"], [f"{FACE_VIEW}/sampled"])
    yield constant(f"{FACE_VIEW}/least", np.float32(0))
    yield constant(f"{FACE_VIEW}/most", np.float32(255))
    limits = [f"{FACE_VIEW}/sampled", f"{FACE_VIEW}/least", f"{FACE_VIEW}/most"]
    yield helper.make_node("Clip", limits, [f"{FACE_VIEW}/clipped"])
    yield helper.make_node("Round", [f"{FACE_VIEW}/clipped"], [f"{FACE_VIEW}/rounded"])
    yield helper.make_node("Transpose", [f"{FACE_VIEW}/rounded"], [f"{FACE_VIEW}/image"], perm=[0, 2, 3, 1])
    yield helper.make_node("Cast", [f"{FACE_VIEW}/image"], [FACE_VIEW], to=TensorProto.UINT8)


def _sampling_weights(size: int) -> Iterator[onnx.NodeProto]:
    """Matrices of the weights of the pixels of the padded input in the face view.

    `rows` is `[N, 1, size, size + 2·BORDER]`, `columns` its counterpart `[N, 1, size + 2·BORDER, size]`. The weights
    are those of cubic convolution (Keys, "Cubic Convolution Interpolation for Digital Image Processing", 1981).
    """
    weights = f"{FACE_VIEW}/weights"
    places = f"{weights}/places"
    yield constant(f"{weights}/along", _along(size)[None, :, None])
    for part in ("extent", "center"):
        yield helper.make_node("Transpose", [f"{FACE_VIEW}/{part}"], [f"{weights}/{part}"], perm=[0, 3, 1, 2])
    # from -1 … 1 within the face, by way of -1 … 1 within the input, to pixels of the input
    yield helper.make_node("Mul", [f"{weights}/along", f"{weights}/extent"], [f"{weights}/scaled"])
    yield helper.make_node("Add", [f"{weights}/scaled", f"{weights}/center"], [f"{weights}/within"])
    yield from _polynomial(f"{weights}/within", f"{weights}/pixel", (size / 2, (size - 1) / 2))
    yield constant(f"{weights}/first", np.float32(1 - BORDER))
    yield constant(f"{weights}/last", np.float32(size - 2 + BORDER))
    yield helper.make_node("Clip", [f"{weights}/pixel", f"{weights}/first", f"{weights}/last"], [places])
    yield constant(f"{weights}/pixels", np.arange(-BORDER, size + BORDER, dtype=np.float32))
    yield helper.make_node("Sub", [places, f"{weights}/pixels"], [f"{weights}/offset"])
    yield helper.make_node("Abs", [f"{weights}/offset"], [f"{weights}/distance"])
    yield from _cubic(f"{weights}/distance", weights)
    yield helper.make_node("Split", [weights], [f"{weights}/x", f"{FACE_VIEW}/rows"], axis=1, num_outputs=2)
    yield helper.make_node("Transpose", [f"{weights}/x"], [f"{FACE_VIEW}/columns"], perm=[0, 1, 3, 2])


def _cubic(distance: str, target: str) -> Iterator[onnx.NodeProto]:
    """Weights of cubic convolution with a slope of -0.75 for distances in pixels; 0 from a distance of 2 on."""
    near, far, beyond = (f"{target}/{part}" for part in ("near", "far", "beyond"))
    yield from _polynomial(distance, near, (1.25, -2.25, 0.0, 1.0))
    yield from _polynomial(distance, far, (-0.75, 3.75, -6.0, 3.0))
    yield constant(beyond, np.float32(0))
    tail = f"{target}/tail"
    for limit, inside, outside, result in ((2, far, beyond, tail), (1, near, tail, target)):
        yield constant(f"{result}/limit", np.float32(limit))
        yield helper.make_node("Less", [distance, f"{result}/limit"], [f"{result}/is inside"])
        yield helper.make_node("Where", [f"{result}/is inside", inside, outside], [result])


def _polynomial(source: str, target: str, coefficients: Sequence[float]) -> Iterator[onnx.NodeProto]:
    """The value of a polynomial, highest power first, by Horner's rule."""
    first, *rest = coefficients
    yield constant(f"{target}/0", np.float32(first))
    value = f"{target}/0"
    for power, coefficient in enumerate(rest, 1):
        result = target if power == len(rest) else f"{target}/{power}"
        yield constant(f"{target}/coefficient {power}", np.float32(coefficient))
        yield helper.make_node("Mul", [value, source], [f"{target}/product {power}"])
        yield helper.make_node("Add", [f"{target}/product {power}", f"{target}/coefficient {power}"], [result])
        value = result


def map_in_input(cam: str, target: str, side: int) -> Iterator[onnx.NodeProto]:
    """A map `[N, h, w]` of the face view as a map of the whole input, `[N, side, side]`.

    Places outside the face get the mean of the map, and the mean over the input stays that of the map, because it is
    the logit.
    """
    yield constant(f"{target}/base", _centers(side))
    yield helper.make_node("Sub", [f"{target}/base", f"{FACE_VIEW}/center"], [f"{target}/moved"])
    yield helper.make_node("Div", [f"{target}/moved", f"{FACE_VIEW}/extent"], [f"{target}/grid"])
    yield constant(f"{target}/channel", np.array([1], np.int64))
    yield constant(f"{target}/places", np.array([1, 2], np.int64))
    yield helper.make_node("ReduceMean", [cam, f"{target}/places"], [f"{target}/mean"])
    yield helper.make_node("Sub", [cam, f"{target}/mean"], [f"{target}/centered"])
    yield helper.make_node("Unsqueeze", [f"{target}/centered", f"{target}/channel"], [f"{target}/plane"])
    yield helper.make_node(
        "GridSample",
        [f"{target}/plane", f"{target}/grid"],
        [f"{target}/sampled"],
        mode="bilinear",
        padding_mode="zeros",
    )
    yield helper.make_node("Squeeze", [f"{target}/sampled", f"{target}/channel"], [f"{target}/placed"])
    yield helper.make_node("ReduceMean", [f"{target}/placed", f"{target}/places"], [f"{target}/rest"])
    yield helper.make_node("Sub", [f"{target}/placed", f"{target}/rest"], [f"{target}/balanced"])
    yield helper.make_node("Add", [f"{target}/balanced", f"{target}/mean"], [target])


def regions_of_batch(target: str, *, mirror: bool) -> Iterator[onnx.NodeProto]:
    """The face regions `[N, 4]`; with `mirror`, followed by those of the horizontal flips."""
    if not mirror:
        yield helper.make_node("Identity", [FACE_REGION], [target])
        return
    parts = [f"{target}/{name}" for name in ("x", "y", "w", "h")]
    yield constant(f"{target}/one", np.float32(1))
    yield helper.make_node("Split", [FACE_REGION], parts, axis=1, num_outputs=4)
    yield helper.make_node("Sub", [f"{target}/one", parts[0]], [f"{target}/from right"])
    yield helper.make_node("Sub", [f"{target}/from right", parts[2]], [f"{target}/mirrored x"])
    yield helper.make_node("Concat", [f"{target}/mirrored x", *parts[1:]], [f"{target}/mirrored"], axis=1)
    yield helper.make_node("Concat", [FACE_REGION, f"{target}/mirrored"], [target], axis=0)


def _corners() -> Iterator[onnx.NodeProto]:
    """Center and half extent of the face region in the coordinates of a grid, from -1 to 1, as `[N, 1, 1, 2]`."""
    yield constant(f"{FACE_VIEW}/two", np.array([2, 2], np.int64))
    yield constant(f"{FACE_VIEW}/axes", np.array([1, 2], np.int64))
    yield helper.make_node(
        "Split", [FACE_REGION, f"{FACE_VIEW}/two"], [f"{FACE_VIEW}/corner", f"{FACE_VIEW}/sides"], axis=1
    )
    yield helper.make_node("Unsqueeze", [f"{FACE_VIEW}/sides", f"{FACE_VIEW}/axes"], [f"{FACE_VIEW}/extent"])
    yield helper.make_node("Add", [f"{FACE_VIEW}/corner", f"{FACE_VIEW}/corner"], [f"{FACE_VIEW}/doubled"])
    yield helper.make_node("Add", [f"{FACE_VIEW}/doubled", f"{FACE_VIEW}/sides"], [f"{FACE_VIEW}/sum"])
    yield constant(f"{FACE_VIEW}/one", np.float32(1))
    yield helper.make_node("Sub", [f"{FACE_VIEW}/sum", f"{FACE_VIEW}/one"], [f"{FACE_VIEW}/middle"])
    yield helper.make_node("Unsqueeze", [f"{FACE_VIEW}/middle", f"{FACE_VIEW}/axes"], [f"{FACE_VIEW}/center"])


def _centers(size: int) -> np.ndarray:
    """The centers of `size` × `size` pixels in the coordinates of a grid, `[1, size, size, 2]`."""
    along = _along(size)
    return np.stack(np.broadcast_arrays(along[None, :], along[:, None]), axis=-1)[None].astype(np.float32)


def _along(size: int) -> np.ndarray:
    """The centers of `size` pixels in a row, from -1 to 1."""
    return (2 * np.arange(size, dtype=np.float32) + 1) / np.float32(size) - 1
