"""Combines the graphs of several model files into one that averages their scores, with optional horizontal flip.

A member may have a fraction of the largest input size; the graph downsamples the pixels for it by averaging. Beside a
member that sees crops at native resolution, a member that sees scaled face crops gets the face cut out of the pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper

from unmask.card import Calibration
from unmask.card_reader import FACE_REGION
from unmask.errors import BadModelFile
from unmask.training.export.onnx_views import FACE_VIEW, constant, face_view, map_in_input, regions_of_batch

INPUT = "unmask/seen"
"""Name of the pixels at the largest input size."""
REGIONS = "unmask/regions"
"""Name of the face regions of the batch."""


@dataclass(frozen=True, slots=True)
class Member:
    """One model of an ensemble.

    Attributes:
        data: bytes of the model file.
        calibration: brings its logits to the scale of the others.
        cut_face: give it the crop around the face instead of the whole input.
    """

    data: bytes
    calibration: Calibration
    cut_face: bool = False


def fuse(members: Sequence[Member], *, mirror: bool, shares: Sequence[float] = ()) -> onnx.ModelProto:
    """One model, without a card, that gives the weighted mean of its members' calibrated logits and maps.

    Args:
        members: the models. Each input size must divide the largest one, and be equal to it if a face is cut out;
            smaller maps are upsampled with unchanged mean.
        mirror: average over the image and its horizontal flip.
        shares: weights of the members, in any unit; equal if empty.

    Raises:
        BadModelFile: the input sizes do not match, or only some members have a map.
    """
    models = [
        onnx.compose.add_prefix(onnx.load_from_string(member.data), f"member{number}/")
        for number, member in enumerate(members)
    ]
    sizes = [model.graph.input[0].type.tensor_type.shape.dim[1].dim_value for model in models]
    cut = [member.cut_face for member in members]
    outputs = _common_outputs(models, sizes, cut)
    side = _map_side(models, sizes, cut)
    if any(cut) and "cam" in outputs and not side:
        raise BadModelFile("the size of a member's map is not stated in its file; export the member again")
    size, has_regions = max(sizes), any(cut) or any(_takes_regions(model) for model in models)
    nodes = [*_input_nodes(sizes, mirror, cut_face=any(cut))]
    if has_regions:
        nodes += regions_of_batch(REGIONS, mirror=mirror)
    nodes += _member_nodes(models, sizes, cut)
    if "cam" in outputs:
        nodes += _upsampled_maps(sizes)
    for name in outputs:
        sources = [name if name == "logit" or own == size else f"{name}/large" for own in sizes]
        nodes += _mean(name, sources, members, shares or [1.0] * len(members), mirror=mirror, side=side)
    return _assemble(nodes, models, (size, side), outputs, has_regions=has_regions)


def _takes_regions(model: onnx.ModelProto) -> bool:
    """Whether a member is itself an ensemble that cuts out the face."""
    return any(entry.name.endswith(f"/{FACE_REGION}") for entry in model.graph.input)


def _common_outputs(models: Sequence[onnx.ModelProto], sizes: Sequence[int], cut: Sequence[bool]) -> tuple[str, ...]:
    """The output names of all members.

    Raises:
        BadModelFile: the members differ in their outputs, or a size does not fit the largest.
    """
    outputs = {tuple(output.name.split("/")[1] for output in model.graph.output) for model in models}
    if len(outputs) > 1 or any(not own or max(sizes) % own for own in sizes):
        raise BadModelFile(
            "the members of an ensemble must have sizes that divide the largest, and all give a map or none"
        )
    if any(cut) and len(set(sizes)) > 1:
        raise BadModelFile("members that see the face alone and members at native resolution must have one input size")
    return outputs.pop()


def _map_side(models: Sequence[onnx.ModelProto], sizes: Sequence[int], cut: Sequence[bool]) -> int:
    """Side of the map of a member that sees the whole input at the largest size; 0 if it is not known."""
    seen = [model for model, own, face in zip(models, sizes, cut, strict=True) if own == max(sizes) and not face]
    whole = seen[0] if seen else models[sizes.index(max(sizes))]
    inferred = onnx.ModelProto()
    inferred.CopyFrom(whole)
    for output in inferred.graph.output:
        output.type.tensor_type.ClearField("shape")
    outputs = [*whole.graph.output, *onnx.shape_inference.infer_shapes(inferred).graph.output]
    maps = [output.type.tensor_type.shape.dim for output in outputs if output.name.endswith("/cam")]
    return max((dims[1].dim_value for dims in maps if len(dims) == 3), default=0)


def _assemble(
    nodes: Sequence[onnx.NodeProto],
    models: Sequence[onnx.ModelProto],
    sides: tuple[int, int],
    outputs: Sequence[str],
    *,
    has_regions: bool,
) -> onnx.ModelProto:
    """The checked model of the nodes and the members' weights; `sides` are those of the input and of the map."""
    size, side = sides
    values = [helper.make_tensor_value_info("logit", TensorProto.FLOAT, ["N"])]
    if "cam" in outputs:
        values.append(helper.make_tensor_value_info("cam", TensorProto.FLOAT, ["N", side or "h", side or "w"]))
    inputs = [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["N", size, size, 3])]
    if has_regions:
        inputs.append(helper.make_tensor_value_info(FACE_REGION, TensorProto.FLOAT, ["N", 4]))
    weights = [tensor for model in models for tensor in model.graph.initializer]
    graph = helper.make_graph(nodes, "ensemble", inputs, values, weights)
    opsets = {entry.domain: entry for model in models for entry in model.opset_import}
    fused = helper.make_model(graph, opset_imports=list(opsets.values()), ir_version=models[0].ir_version)
    onnx.checker.check_model(fused)
    return fused


def _input_nodes(sizes: Sequence[int], mirror: bool, *, cut_face: bool) -> Iterator[onnx.NodeProto]:
    """The pixels at every input size; with `mirror`, each batch is followed by its horizontal flips."""
    if cut_face:
        yield from face_view(max(sizes))
    if mirror:
        yield from _flip_constants()
    views = [("pixels", INPUT), *([(FACE_VIEW, f"{INPUT}/face")] if cut_face else [])]
    for source, target in views:
        if mirror:
            yield _flip(source, f"{target}/mirrored")
            yield helper.make_node("Concat", [source, f"{target}/mirrored"], [target], axis=0)
        else:
            yield helper.make_node("Identity", [source], [target])
    for own in set(sizes) - {max(sizes)}:
        yield from _downsampled(max(sizes), own)


def _member_nodes(
    models: Sequence[onnx.ModelProto], sizes: Sequence[int], cut: Sequence[bool]
) -> Iterator[onnx.NodeProto]:
    """The nodes of all members, with the pixels of their view and size as input."""
    for model, own, face in zip(models, sizes, cut, strict=True):
        whole = f"{INPUT}/face" if face else INPUT
        yield from _renamed(model, whole if own == max(sizes) else f"{INPUT}/{own}")


def _upsampled_maps(sizes: Sequence[int]) -> Iterator[onnx.NodeProto]:
    """The maps of smaller members on the grid of the largest."""
    largest = sizes.index(max(sizes))
    for number, own in enumerate(sizes):
        if own < max(sizes):
            yield from _upsampled(f"member{number}/cam", like=f"member{largest}/cam")


def _renamed(model: onnx.ModelProto, pixels: str) -> Iterator[onnx.NodeProto]:
    """The nodes of a member, with `pixels` as input, and the face regions of the batch if it takes them."""
    given = dict(zip((entry.name for entry in model.graph.input), (pixels, REGIONS), strict=False))
    for node in model.graph.node:
        node.input[:] = [given.get(name, name) for name in node.input]
        yield node


def _downsampled(size: int, own: int) -> Iterator[onnx.NodeProto]:
    """The pixels at a smaller input size: means of squares of pixels, rounded."""
    name, step = f"{INPUT}/{own}", size // own
    yield constant(f"{name}/squares", np.array([-1, own, step, own, step, 3], np.int64))
    yield constant(f"{name}/within", np.array([2, 4], np.int64))
    yield helper.make_node("Cast", [INPUT], [f"{name}/float"], to=TensorProto.FLOAT)
    yield helper.make_node("Reshape", [f"{name}/float", f"{name}/squares"], [f"{name}/squared"])
    yield helper.make_node("ReduceMean", [f"{name}/squared", f"{name}/within"], [f"{name}/mean"], keepdims=0)
    yield helper.make_node("Round", [f"{name}/mean"], [f"{name}/rounded"])
    yield helper.make_node("Cast", [f"{name}/rounded"], [name], to=TensorProto.UINT8)


def _upsampled(cam: str, like: str) -> Iterator[onnx.NodeProto]:
    """A map upsampled to the grid of another, with unchanged mean, because the mean is the logit."""
    name = f"{cam}/large"
    yield constant(f"{name}/grid", np.array([1, 2], np.int64))
    yield helper.make_node("Shape", [like], [f"{name}/sizes"], start=1, end=3)
    yield helper.make_node("Resize", [cam, "", "", f"{name}/sizes"], [f"{name}/scaled"], mode="linear", axes=[1, 2])
    yield helper.make_node("ReduceMean", [cam, f"{name}/grid"], [f"{name}/before"])
    yield helper.make_node("ReduceMean", [f"{name}/scaled", f"{name}/grid"], [f"{name}/after"])
    yield helper.make_node("Sub", [f"{name}/before", f"{name}/after"], [f"{name}/moved"])
    yield helper.make_node("Add", [f"{name}/scaled", f"{name}/moved"], [name])


def _mean(
    output: str, sources: Sequence[str], members: Sequence[Member], shares: Sequence[float], *, mirror: bool, side: int
) -> Iterator[onnx.NodeProto]:
    """The weighted mean of one output over the members.

    Args:
        output: its name.
        sources: its name in each member.
        members: the members, for their calibrations and views.
        shares: weight of each member.
        mirror: average over both halves of the batch, the second of which holds horizontal flips.
        side: side of the maps.
    """
    scaled = []
    for number, (own, member, share) in enumerate(zip(sources, members, shares, strict=True)):
        name, rate = f"unmask/{output}{number}", share / sum(shares)
        yield constant(f"{name}/slope", np.float32(rate * member.calibration.slope))
        yield constant(f"{name}/intercept", np.float32(rate * member.calibration.intercept))
        yield helper.make_node("Mul", [f"member{number}/{own}", f"{name}/slope"], [f"{name}/product"])
        yield helper.make_node("Add", [f"{name}/product", f"{name}/intercept"], [f"{name}/calibrated"])
        result = f"{name}/calibrated"
        if mirror:
            yield from _both_halves(result, f"{name}/averaged", flipped=output == "cam")
            result = f"{name}/averaged"
        if output == "cam" and member.cut_face:
            yield from map_in_input(result, f"{name}/placed", side)
            result = f"{name}/placed"
        scaled.append(result)
    yield helper.make_node("Sum", scaled, [output])


def _both_halves(source: str, target: str, *, flipped: bool) -> Iterator[onnx.NodeProto]:
    """The mean of a batch's first half and its second, which is flipped back if it is a map."""
    halves = [f"{target}/plain", f"{target}/mirrored"]
    yield helper.make_node("Split", [source], halves, axis=0, num_outputs=2)
    if flipped:
        yield _flip(halves[1], f"{halves[1]}/back")
        halves[1] += "/back"
    yield helper.make_node("Mean", halves, [target])


def _flip_constants() -> Iterator[onnx.NodeProto]:
    for name, value in (("start", -1), ("stop", -(2**31)), ("axis", 2), ("step", -1)):
        yield constant(f"unmask/{name}", np.array([value], np.int64))


def _flip(source: str, target: str) -> onnx.NodeProto:
    """Horizontal flip; the width is the third axis of pixels and of maps."""
    return helper.make_node("Slice", [source, "unmask/start", "unmask/stop", "unmask/axis", "unmask/step"], [target])
