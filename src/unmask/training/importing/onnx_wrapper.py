"""Wraps the graph of an external network as a model file, with `pixels` in and `logit` out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from unmask.errors import BadModelFile, UsageError
from unmask.training.importing.normalization import Normalization

PREFIX = "network/"
SHAPE_ONLY = frozenset({"Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Cast"})
"""Operators that change the shape or type of the scores, but not their values."""


def wrap_model(
    network: onnx.ModelProto, *, classes: tuple[str, str], size: int | None, normalization: Normalization
) -> tuple[onnx.ModelProto, int]:
    """An external network as a model file without a card.

    Args:
        network: has one image input, and one output with one score (of the second class) or two (one for each class).
            A last sigmoid or softmax is removed, because a model file gives the logit.
        classes: names of the outputs in order.
        size: side of the input; needed only if the network has a dynamic size.
        normalization: conversion of pixels 0..255 to the input of the network.

    Returns:
        The model and the side of its input in pixels.

    Raises:
        BadModelFile: the network has other inputs or outputs.
        UsageError: the size is missing, or differs from that of the network.
    """
    model = onnx.compose.add_prefix(network, PREFIX)
    graph = model.graph
    image, scores = _image_input(graph), _raw_scores(graph)
    layout, side = _layout(image, size)
    columns = _columns(graph.output[0])
    before = list(_input_nodes(image, layout, normalization))
    after = list(_output_nodes(scores, columns, classes.index("fake")))
    nodes = [*before, *graph.node, *after]
    del graph.node[:], graph.input[:], graph.output[:], graph.value_info[:]
    graph.node.extend(nodes)
    graph.input.append(helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["N", side, side, 3]))
    graph.output.append(helper.make_tensor_value_info("logit", TensorProto.FLOAT, ["N"]))
    return model, side


def has_dynamic_size(network: onnx.ModelProto) -> bool:
    """Whether a network takes images of any size.

    Raises:
        BadModelFile: it has other inputs than one image.
    """
    return all(dim.dim_value in (0, 3) for dim in _image_input(network.graph).type.tensor_type.shape.dim[1:])


def _image_input(graph: onnx.GraphProto) -> onnx.ValueInfoProto:
    """The only input that is not a weight."""
    weights = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in weights]
    if len(inputs) != 1 or len(inputs[0].type.tensor_type.shape.dim) != 4:
        raise BadModelFile(f"the network has {len(inputs)} inputs; unmask imports networks with one image input")
    image: onnx.ValueInfoProto = inputs[0]
    return image


def _layout(image: onnx.ValueInfoProto, size: int | None) -> tuple[str, int]:
    """Order of the axes ("NCHW" or "NHWC") and side of the input."""
    axes = image.type.tensor_type.shape.dim
    dims = [dim.dim_value for dim in axes]
    named = [not axis.dim_value and "channel" in axis.dim_param for axis in axes]
    channel_axes = [axis for axis in (1, 3) if dims[axis] == 3 or named[axis]]
    if not channel_axes:
        raise BadModelFile(f"the network's input {dims} has no axis of three colors")
    layout = "NCHW" if channel_axes[0] == 1 else "NHWC"
    height, width = (dims[2], dims[3]) if layout == "NCHW" else (dims[1], dims[2])
    if height != width:
        raise BadModelFile(f"the network's input is {width}×{height} pixels; unmask needs a square input")
    if size and height and size != height:
        raise UsageError(f"the network takes {height} px, not {size}; remove --size")
    if not (height or size):
        raise UsageError("the network does not state the size of its input; give it with --size")
    return layout, height or int(size or 0)


def _raw_scores(graph: onnx.GraphProto) -> str:
    """Name of the scores before a last sigmoid or softmax; of the output if there is neither."""
    if len(graph.output) != 1:
        raise BadModelFile(f"the network has {len(graph.output)} outputs; unmask imports networks with one")
    producers = {output: node for node in graph.node for output in node.output}
    name: str = graph.output[0].name
    while (node := producers.get(name)) is not None and node.op_type in SHAPE_ONLY:
        name = node.input[0]
    if node is not None and node.op_type in ("Sigmoid", "Softmax"):
        return str(node.input[0])
    return str(graph.output[0].name)


def _columns(output: onnx.ValueInfoProto) -> int:
    """Number of scores for each image: one or two."""
    dims = [dim.dim_value for dim in output.type.tensor_type.shape.dim]
    columns = dims[-1] if len(dims) > 1 else 1
    if columns not in (1, 2) or any(side not in (0, 1) for side in dims[1:-1]):
        raise BadModelFile(f"the network gives {dims[1:]} scores for each image; unmask needs one or two")
    return int(columns)


def _constant(name: str, values: object, kind: type = np.float32) -> onnx.NodeProto:
    return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(np.array(values, kind), name))


def _input_nodes(image: onnx.ValueInfoProto, layout: str, normalization: Normalization) -> Iterator[onnx.NodeProto]:
    """From uint8 pixels to the input of the network."""
    gain = normalization.scale / np.array(normalization.std)
    offset = -np.array(normalization.mean) / np.array(normalization.std)
    yield helper.make_node("Cast", ["pixels"], ["unmask/float"], to=TensorProto.FLOAT)
    yield _constant("unmask/gain", gain)
    yield _constant("unmask/offset", offset)
    yield helper.make_node("Mul", ["unmask/float", "unmask/gain"], ["unmask/scaled"])
    yield helper.make_node("Add", ["unmask/scaled", "unmask/offset"], ["unmask/normalized"])
    last = "unmask/normalized"
    if layout == "NCHW":
        yield helper.make_node("Transpose", [last], ["unmask/planes"], perm=[0, 3, 1, 2])
        last = "unmask/planes"
    yield helper.make_node("Cast", [last], [image.name], to=image.type.tensor_type.elem_type)


def _output_nodes(scores: str, columns: int, fake: int) -> Iterator[onnx.NodeProto]:
    """From the scores to the logit of `fake`, whose column is given."""
    yield helper.make_node("Cast", [scores], ["unmask/scores"], to=TensorProto.FLOAT)
    yield _constant("unmask/line", [-1], np.int64)
    if columns == 1:
        yield _constant("unmask/sign", 1.0 if fake == 1 else -1.0)
        yield helper.make_node("Reshape", ["unmask/scores", "unmask/line"], ["unmask/score"])
        yield helper.make_node("Mul", ["unmask/score", "unmask/sign"], ["logit"])
        return
    yield _constant("unmask/table", [-1, 2], np.int64)
    yield helper.make_node("Reshape", ["unmask/scores", "unmask/table"], ["unmask/pairs"])
    for name, index in (("fake", fake), ("real", 1 - fake)):
        yield _constant(f"unmask/{name}_index", index, np.int64)
        yield helper.make_node("Gather", ["unmask/pairs", f"unmask/{name}_index"], [f"unmask/{name}"], axis=1)
    yield helper.make_node("Sub", ["unmask/fake", "unmask/real"], ["logit"])
