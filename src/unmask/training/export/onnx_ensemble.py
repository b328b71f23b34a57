"""Combines the graphs of several model files into one that averages their scores, with optional horizontal flip.

A member may have a fraction of the largest input size; the graph downsamples the pixels for it by averaging.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from unmask.card import Calibration
from unmask.errors import BadModelFile

INPUT = "unmask/seen"
"""Name of the pixels at the largest input size."""


def fuse(
    members: Sequence[tuple[bytes, Calibration]], *, mirror: bool, shares: Sequence[float] = ()
) -> onnx.ModelProto:
    """One model, without a card, that gives the weighted mean of its members' calibrated logits and maps.

    Args:
        members: model files with their calibrations, which bring the logits to one scale. Each input size must divide
            the largest one; smaller maps are upsampled with unchanged mean.
        mirror: average over the image and its horizontal flip.
        shares: weights of the members, in any unit; equal if empty.

    Raises:
        BadModelFile: the input sizes do not match, or only some members have a map.
    """
    models = [
        onnx.compose.add_prefix(onnx.load_from_string(data), f"member{n}/") for n, (data, _) in enumerate(members)
    ]
    sizes = [model.graph.input[0].type.tensor_type.shape.dim[1].dim_value for model in models]
    outputs = _common_outputs(models, sizes)
    nodes = [*_input_nodes(sizes, mirror), *_member_nodes(models, sizes)]
    if "cam" in outputs:
        nodes += _upsampled_maps(sizes)
    calibrations = [calibration for _, calibration in members]
    for name in outputs:
        sources = [name if name == "logit" or own == max(sizes) else f"{name}/large" for own in sizes]
        nodes += _mean(name, sources, calibrations, shares or [1.0] * len(members), mirror=mirror)
    return _assemble(nodes, models, max(sizes), outputs)


def _common_outputs(models: Sequence[onnx.ModelProto], sizes: Sequence[int]) -> tuple[str, ...]:
    """The output names of all members.

    Raises:
        BadModelFile: the members differ in their outputs, or a size does not divide the largest.
    """
    outputs = {tuple(output.name.split("/")[1] for output in model.graph.output) for model in models}
    if len(outputs) > 1 or any(not own or max(sizes) % own for own in sizes):
        raise BadModelFile(
            "the members of an ensemble must have sizes that divide the largest, and all give a map or none"
        )
    return outputs.pop()


def _assemble(
    nodes: Sequence[onnx.NodeProto], models: Sequence[onnx.ModelProto], size: int, outputs: Sequence[str]
) -> onnx.ModelProto:
    """The checked model of the nodes and the members' weights."""
    values = [helper.make_tensor_value_info("logit", TensorProto.FLOAT, ["N"])]
    if "cam" in outputs:
        values.append(helper.make_tensor_value_info("cam", TensorProto.FLOAT, ["N", "h", "w"]))
    pixels = helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["N", size, size, 3])
    weights = [tensor for model in models for tensor in model.graph.initializer]
    graph = helper.make_graph(nodes, "ensemble", [pixels], values, weights)
    opsets = {entry.domain: entry for model in models for entry in model.opset_import}
    fused = helper.make_model(graph, opset_imports=list(opsets.values()), ir_version=models[0].ir_version)
    onnx.checker.check_model(fused)
    return fused


def _input_nodes(sizes: Sequence[int], mirror: bool) -> Iterator[onnx.NodeProto]:
    """The pixels at every input size; with `mirror`, the batch is followed by its horizontal flips."""
    if mirror:
        yield from _flip_constants()
        yield _flip("pixels", "unmask/mirrored")
        yield helper.make_node("Concat", ["pixels", "unmask/mirrored"], [INPUT], axis=0)
    else:
        yield helper.make_node("Identity", ["pixels"], [INPUT])
    for own in set(sizes) - {max(sizes)}:
        yield from _downsampled(max(sizes), own)


def _member_nodes(models: Sequence[onnx.ModelProto], sizes: Sequence[int]) -> Iterator[onnx.NodeProto]:
    """The nodes of all members, with the pixels of their size as input."""
    for model, own in zip(models, sizes, strict=True):
        yield from _renamed(model, INPUT if own == max(sizes) else f"{INPUT}/{own}")


def _upsampled_maps(sizes: Sequence[int]) -> Iterator[onnx.NodeProto]:
    """The maps of smaller members on the grid of the largest."""
    largest = sizes.index(max(sizes))
    for number, own in enumerate(sizes):
        if own < max(sizes):
            yield from _upsampled(f"member{number}/cam", like=f"member{largest}/cam")


def _renamed(model: onnx.ModelProto, pixels: str) -> Iterator[onnx.NodeProto]:
    """The nodes of a member, with `pixels` as input."""
    entry = model.graph.input[0].name
    for node in model.graph.node:
        node.input[:] = [pixels if name == entry else name for name in node.input]
        yield node


def _downsampled(size: int, own: int) -> Iterator[onnx.NodeProto]:
    """The pixels at a smaller input size: means of squares of pixels, rounded."""
    name, step = f"{INPUT}/{own}", size // own
    yield _constant(f"{name}/squares", np.array([-1, own, step, own, step, 3], np.int64))
    yield _constant(f"{name}/within", np.array([2, 4], np.int64))
    yield helper.make_node("Cast", [INPUT], [f"{name}/float"], to=TensorProto.FLOAT)
    yield helper.make_node("Reshape", [f"{name}/float", f"{name}/squares"], [f"{name}/squared"])
    yield helper.make_node("ReduceMean", [f"{name}/squared", f"{name}/within"], [f"{name}/mean"], keepdims=0)
    yield helper.make_node("Round", [f"{name}/mean"], [f"{name}/rounded"])
    yield helper.make_node("Cast", [f"{name}/rounded"], [name], to=TensorProto.UINT8)


def _upsampled(cam: str, like: str) -> Iterator[onnx.NodeProto]:
    """A map upsampled to the grid of another, with unchanged mean, because the mean is the logit."""
    name = f"{cam}/large"
    yield _constant(f"{name}/grid", np.array([1, 2], np.int64))
    yield helper.make_node("Shape", [like], [f"{name}/sizes"], start=1, end=3)
    yield helper.make_node("Resize", [cam, "", "", f"{name}/sizes"], [f"{name}/scaled"], mode="linear", axes=[1, 2])
    yield helper.make_node("ReduceMean", [cam, f"{name}/grid"], [f"{name}/before"])
    yield helper.make_node("ReduceMean", [f"{name}/scaled", f"{name}/grid"], [f"{name}/after"])
    yield helper.make_node("Sub", [f"{name}/before", f"{name}/after"], [f"{name}/moved"])
    yield helper.make_node("Add", [f"{name}/scaled", f"{name}/moved"], [name])


def _mean(
    output: str, sources: Sequence[str], calibrations: Sequence[Calibration], shares: Sequence[float], *, mirror: bool
) -> Iterator[onnx.NodeProto]:
    """The weighted mean of one output over the members and, with `mirror`, over both halves of the batch.

    Args:
        output: its name.
        sources: its name in each member.
        calibrations: calibration of each member.
        shares: weight of each member.
        mirror: whether the second half of the batch holds horizontal flips.
    """
    scaled = []
    for number, (own, calibration, share) in enumerate(zip(sources, calibrations, shares, strict=True)):
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
    """Horizontal flip; the width is the third axis of pixels and of maps."""
    return helper.make_node("Slice", [source, "unmask/start", "unmask/stop", "unmask/axis", "unmask/step"], [target])


def _constant(name: str, value: np.generic | np.ndarray) -> onnx.NodeProto:
    return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(np.asarray(value), name))
