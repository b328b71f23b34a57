"""Graph work: several model files as one, by their scores or by their weights; and one that also sees mirror images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from unmask.card import Calibration
from unmask.errors import BadModelFile

OUTPUTS = ("logit", "cam")
ONLY = "member0/"
"""Before the names of a network that is the only member of an ensemble: one that sees each face mirrored too."""
HALF = "/half"
"""Behind the names of weights stored in 16 bits."""


def fuse(members: Sequence[tuple[bytes, Calibration]], *, mirror: bool) -> onnx.ModelProto:
    """One model file, without a card, that gives the mean of its members' calibrated logits and maps.

    Args:
        members: model files of one input size, each with its calibration, which brings their logits to one scale.
        mirror: whether each member also sees the picture mirrored; its two answers are averaged.

    Raises:
        BadModelFile: the members differ in input size, or only some give a map.
    """
    models = [
        onnx.compose.add_prefix(onnx.load_from_string(data), f"member{n}/") for n, (data, _) in enumerate(members)
    ]
    sides = {tuple(dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim[1:3]) for model in models}
    kinds = {tuple(output.name.split("/")[1] for output in model.graph.output) for model in models}
    if len(sides) > 1 or len(kinds) > 1:
        raise BadModelFile("the members of an ensemble must have one input size, and all give a map or none")
    side, outputs = sides.pop()[0], kinds.pop()
    nodes = [*_seen(mirror)]
    for model in models:
        nodes += _renamed(model, "unmask/seen")
    for name in OUTPUTS[: len(outputs)]:
        nodes += _mean(name, [calibration for _, calibration in members], mirror=mirror)
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


def named_weights(model: onnx.ModelProto) -> dict[str, onnx.TensorProto]:
    """The weights of a network by the names it gave them, whether or not it also sees mirror images.

    Raises:
        BadModelFile: there are several networks in the file.
    """
    if any(tensor.name.startswith("member1/") for tensor in model.graph.initializer):
        raise BadModelFile("it holds several networks; give the file of one of them")
    return {tensor.name.removeprefix(ONLY).removesuffix(HALF): tensor for tensor in model.graph.initializer}


def halve(model: onnx.ModelProto) -> None:
    """Store the weights in 16 bits, which halves the file; they are cast when it is loaded and compute in 32 bits."""
    kept, casts = [], []
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and len(tensor.dims) > 1:
            short = numpy_helper.to_array(tensor).astype(np.float16)
            casts.append(helper.make_node("Cast", [tensor.name + HALF], [tensor.name], to=TensorProto.FLOAT))
            tensor = numpy_helper.from_array(short, tensor.name + HALF)
        kept.append(tensor)
    nodes = list(model.graph.node)
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend(casts + nodes)
    onnx.checker.check_model(model)


def average(members: Sequence[bytes], shares: Sequence[float]) -> onnx.ModelProto:
    """One network whose weights are the weighted mean of its members', without a card; it costs what one of them does.

    It works for networks that went on from one another and still lie in one valley of the loss
    (Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022).

    Args:
        members: model files of one architecture.
        shares: of each member, in any unit.

    Raises:
        BadModelFile: the members are not of one architecture.
    """
    first, *others = (onnx.load_from_string(data) for data in members)
    tables = [
        {name: numpy_helper.to_array(tensor) for name, tensor in named_weights(model).items()} for model in others
    ]
    rates = np.array(shares, np.float64) / np.sum(shares)
    for name, tensor in named_weights(first).items():
        own = numpy_helper.to_array(tensor)
        arrays = [own, *(table[name] for table in tables if name in table)]
        if len(arrays) < len(members) or any(array.shape != own.shape for array in arrays):
            raise BadModelFile(f"weights can be averaged within one architecture alone; {name} differs")
        if own.dtype.kind == "f":
            mean = np.tensordot(rates, np.stack(arrays).astype(np.float64), 1)
            tensor.CopyFrom(numpy_helper.from_array(mean.astype(own.dtype), tensor.name))
    return first


def _seen(mirror: bool) -> Iterator[onnx.NodeProto]:
    """The pixels the members see: the batch, and behind it its mirror images."""
    if mirror:
        yield from _flip_constants()
        yield _flip("pixels", "unmask/mirrored")
        yield helper.make_node("Concat", ["pixels", "unmask/mirrored"], ["unmask/seen"], axis=0)
    else:
        yield helper.make_node("Identity", ["pixels"], ["unmask/seen"])


def _renamed(model: onnx.ModelProto, pixels: str) -> Iterator[onnx.NodeProto]:
    """The nodes of a member, fed with `pixels`."""
    entry = model.graph.input[0].name
    for node in model.graph.node:
        node.input[:] = [pixels if name == entry else name for name in node.input]
        yield node


def _mean(output: str, calibrations: list[Calibration], *, mirror: bool) -> Iterator[onnx.NodeProto]:
    """The mean over members, and over both ways of seeing, of one output."""
    scaled = []
    for number, calibration in enumerate(calibrations):
        name = f"unmask/{output}{number}"
        yield _constant(f"{name}/slope", np.float32(calibration.slope))
        yield _constant(f"{name}/intercept", np.float32(calibration.intercept))
        yield helper.make_node("Mul", [f"member{number}/{output}", f"{name}/slope"], [f"{name}/product"])
        yield helper.make_node("Add", [f"{name}/product", f"{name}/intercept"], [f"{name}/calibrated"])
        scaled.append(f"{name}/calibrated")
    if not mirror:
        yield helper.make_node("Mean", scaled, [output])
        return
    both, halves = f"unmask/{output}/both", [f"unmask/{output}/plain", f"unmask/{output}/mirrored"]
    yield helper.make_node("Mean", scaled, [both])
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
