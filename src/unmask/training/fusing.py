"""Graph work: several model files as one, by their scores; and one that also sees mirror images.

A member may see the face at a fraction of the others' size: the graph takes the means of squares of pixels for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from unmask.card import Calibration
from unmask.errors import BadModelFile

SEEN = "unmask/seen"
"""The pixels that members of the largest input size see."""


def fuse(
    members: Sequence[tuple[bytes, Calibration]], *, mirror: bool, shares: Sequence[float] = ()
) -> onnx.ModelProto:
    """One model file, without a card, that gives the weighted mean of its members' calibrated logits and maps.

    Args:
        members: model files, each with its calibration, which brings their logits to one scale. Their input size is the
            largest one's or a whole fraction of it; smaller maps are scaled up, so that their means stay.
        mirror: whether each member also sees the picture mirrored; its two answers are averaged.
        shares: how much each member counts, in any unit; all alike where there are none.

    Raises:
        BadModelFile: the members' input sizes do not fit together, or only some give a map.
    """
    models = [
        onnx.compose.add_prefix(onnx.load_from_string(data), f"member{n}/") for n, (data, _) in enumerate(members)
    ]
    sides = [model.graph.input[0].type.tensor_type.shape.dim[1].dim_value for model in models]
    kinds = {tuple(output.name.split("/")[1] for output in model.graph.output) for model in models}
    side = max(sides)
    if len(kinds) > 1 or any(not own or side % own for own in sides):
        raise BadModelFile(
            "the members of an ensemble must have sizes that divide the largest, and all give a map or none"
        )
    outputs, largest = kinds.pop(), sides.index(side)
    nodes = [*_seen(mirror)]
    for own in set(sides) - {side}:
        nodes += _reduced(side, own)
    for model, own in zip(models, sides, strict=True):
        nodes += _renamed(model, SEEN if own == side else f"{SEEN}/{own}")
    for number, own in enumerate(sides):
        if "cam" in outputs and own < side:
            nodes += _enlarged(f"member{number}/cam", like=f"member{largest}/cam")
    calibrations = [calibration for _, calibration in members]
    for name in outputs:
        grids = [name if name == "logit" or own == side else f"{name}/large" for own in sides]
        nodes += _mean(name, grids, calibrations, shares or [1.0] * len(members), mirror=mirror)
    values = [helper.make_tensor_value_info("logit", TensorProto.FLOAT, ["N"])]
    if "cam" in outputs:
        values.append(helper.make_tensor_value_info("cam", TensorProto.FLOAT, ["N", "h", "w"]))
    entry = helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["N", side, side, 3])
    weights = [tensor for model in models for tensor in model.graph.initializer]
    graph = helper.make_graph(nodes, "ensemble", [entry], values, weights)
    imports = {entry.domain: entry for model in models for entry in model.opset_import}
    fused = helper.make_model(graph, opset_imports=list(imports.values()), ir_version=models[0].ir_version)
    onnx.checker.check_model(fused)
    return fused


def _seen(mirror: bool) -> Iterator[onnx.NodeProto]:
    """The pixels the members see: the batch, and behind it its mirror images."""
    if mirror:
        yield from _flip_constants()
        yield _flip("pixels", "unmask/mirrored")
        yield helper.make_node("Concat", ["pixels", "unmask/mirrored"], [SEEN], axis=0)
    else:
        yield helper.make_node("Identity", ["pixels"], [SEEN])


def _renamed(model: onnx.ModelProto, pixels: str) -> Iterator[onnx.NodeProto]:
    """The nodes of a member, fed with `pixels`."""
    entry = model.graph.input[0].name
    for node in model.graph.node:
        node.input[:] = [pixels if name == entry else name for name in node.input]
        yield node


def _reduced(side: int, own: int) -> Iterator[onnx.NodeProto]:
    """The pixels that members of a smaller size see: the mean of each square of pixels, rounded."""
    name, step = f"{SEEN}/{own}", side // own
    yield _constant(f"{name}/squares", np.array([-1, own, step, own, step, 3], np.int64))
    yield _constant(f"{name}/within", np.array([2, 4], np.int64))
    yield helper.make_node("Cast", [SEEN], [f"{name}/float"], to=TensorProto.FLOAT)
    yield helper.make_node("Reshape", [f"{name}/float", f"{name}/squares"], [f"{name}/squared"])
    yield helper.make_node("ReduceMean", [f"{name}/squared", f"{name}/within"], [f"{name}/mean"], keepdims=0)
    yield helper.make_node("Round", [f"{name}/mean"], [f"{name}/rounded"])
    yield helper.make_node("Cast", [f"{name}/rounded"], [name], to=TensorProto.UINT8)


def _enlarged(cam: str, like: str) -> Iterator[onnx.NodeProto]:
    """A map on the grid of another, with the mean it had, which is the logit."""
    name = f"{cam}/large"
    yield _constant(f"{name}/grid", np.array([1, 2], np.int64))
    yield helper.make_node("Shape", [like], [f"{name}/sizes"], start=1, end=3)
    yield helper.make_node("Resize", [cam, "", "", f"{name}/sizes"], [f"{name}/scaled"], mode="linear", axes=[1, 2])
    yield helper.make_node("ReduceMean", [cam, f"{name}/grid"], [f"{name}/before"])
    yield helper.make_node("ReduceMean", [f"{name}/scaled", f"{name}/grid"], [f"{name}/after"])
    yield helper.make_node("Sub", [f"{name}/before", f"{name}/after"], [f"{name}/moved"])
    yield helper.make_node("Add", [f"{name}/scaled", f"{name}/moved"], [name])


def _mean(
    output: str, given: Sequence[str], calibrations: Sequence[Calibration], shares: Sequence[float], *, mirror: bool
) -> Iterator[onnx.NodeProto]:
    """The weighted mean over members, and the mean over both ways of seeing, of one output.

    Args:
        output: its name.
        given: what each member calls it.
        calibrations: of each member.
        shares: how much each member counts.
        mirror: whether the second half of the batch are mirror images.
    """
    scaled = []
    for number, (own, calibration, share) in enumerate(zip(given, calibrations, shares, strict=True)):
        name, rate = f"unmask/{output}{number}", share / sum(shares)
        yield _constant(f"{name}/slope", np.float32(rate * calibration.slope))
        yield _constant(f"{name}/intercept", np.float32(rate * calibration.intercept))
        yield helper.make_node("Mul", [f"member{number}/{own}", f"{name}/slope"], [f"{name}/product"])
        yield helper.make_node("Add", [f"{name}/product", f"{name}/intercept"], [f"{name}/calibrated"])
        scaled.append(f"{name}/calibrated")
    if not mirror:
        yield helper.make_node("Sum", scaled, [output])
        return
    both, halves = f"unmask/{output}/both", [f"unmask/{output}/plain", f"unmask/{output}/mirrored"]
    yield helper.make_node("Sum", scaled, [both])
    yield helper.make_node("Split", [both], halves, axis=0, num_outputs=2)
    if output == "cam":
        yield _flip(halves[1], f"{halves[1]}/back")
        halves[1] += "/back"
    yield helper.make_node("Mean", halves, [output])


def _flip_constants() -> Iterator[onnx.NodeProto]:
    for name, value in (("start", -1), ("stop", -(2**31)), ("axis", 2), ("step", -1)):
        yield _constant(f"unmask/{name}", np.array([value], np.int64))


def _flip(source: str, target: str) -> onnx.NodeProto:
    """Left and right exchanged; the width is the third axis of pixels and of maps."""
    return helper.make_node("Slice", [source, "unmask/start", "unmask/stop", "unmask/axis", "unmask/step"], [target])


def _constant(name: str, value: np.generic | np.ndarray) -> onnx.NodeProto:
    return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(np.asarray(value), name))
