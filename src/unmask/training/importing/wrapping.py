"""Graph work: a foreign network dressed as a model file, with `pixels` in and `logit` out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from unmask.errors import BadModelFile, UsageError
from unmask.training.importing.normalisation import Normalisation

PREFIX = "network/"
SHAPE_ONLY = frozenset({"Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Cast"})


def wrap(
    foreign: onnx.ModelProto, *, classes: tuple[str, str], size: int | None, normalisation: Normalisation
) -> tuple[onnx.ModelProto, int]:
    """A foreign network as a model file without a card.

    Args:
        foreign: one picture input, and one output with one score (of the second class) or two (one per class).
            A last sigmoid or softmax is taken off, since the contract wants the logit.
        classes: names of the outputs in order.
        size: side of the input; needed only where the network leaves it open.
        normalisation: from pixels 0..255 to what the network wants.

    Returns:
        The model and the side of its input in pixels.

    Raises:
        BadModelFile: the network has other inputs or outputs.
        UsageError: the size is needed, or contradicts the network's.
    """
    model = onnx.compose.add_prefix(foreign, PREFIX)
    graph = model.graph
    entry, score = _entry(graph), _score(graph)
    layout, side = _layout(entry, size)
    columns = _columns(graph.output[0])
    before = list(_before(entry, layout, normalisation))
    after = list(_after(score, columns, classes.index("fake")))
    nodes = [*before, *graph.node, *after]
    del graph.node[:], graph.input[:], graph.output[:], graph.value_info[:]
    graph.node.extend(nodes)
    graph.input.append(helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["N", side, side, 3]))
    graph.output.append(helper.make_tensor_value_info("logit", TensorProto.FLOAT, ["N"]))
    return model, side


def leaves_size_open(foreign: onnx.ModelProto) -> bool:
    """Whether a network takes pictures of any size, so that somebody has to say which it was made for.

    Raises:
        BadModelFile: it has other inputs than one picture.
    """
    return all(dim.dim_value in (0, 3) for dim in _entry(foreign.graph).type.tensor_type.shape.dim[1:])


def _entry(graph: onnx.GraphProto) -> onnx.ValueInfoProto:
    """The one input that is no weight."""
    weights = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in weights]
    if len(inputs) != 1 or len(inputs[0].type.tensor_type.shape.dim) != 4:
        raise BadModelFile(f"the network has {len(inputs)} inputs; unmask imports networks with one picture input")
    entry: onnx.ValueInfoProto = inputs[0]
    return entry


def _layout(entry: onnx.ValueInfoProto, size: int | None) -> tuple[str, int]:
    """Order of the axes ("NCHW" or "NHWC") and side of the input."""
    axes = entry.type.tensor_type.shape.dim
    dims = [dim.dim_value for dim in axes]
    named = [not axis.dim_value and "channel" in axis.dim_param for axis in axes]
    colours = [place for place in (1, 3) if dims[place] == 3 or named[place]]
    if not colours:
        raise BadModelFile(f"the network's input {dims} has no axis of three colours")
    layout = "NCHW" if colours[0] == 1 else "NHWC"
    height, width = (dims[2], dims[3]) if layout == "NCHW" else (dims[1], dims[2])
    if height != width:
        raise BadModelFile(f"the network's input is {width}×{height}; unmask judges squares")
    if size and height and size != height:
        raise UsageError(f"the network takes {height} px, not {size}")
    if not (height or size):
        raise UsageError("the network leaves the size of its input open; give it with --size")
    return layout, height or int(size or 0)


def _score(graph: onnx.GraphProto) -> str:
    """Name of the scores before a last sigmoid or softmax, where there is one."""
    if len(graph.output) != 1:
        raise BadModelFile(f"the network has {len(graph.output)} outputs; unmask imports networks with one")
    makers = {output: node for node in graph.node for output in node.output}
    name: str = graph.output[0].name
    while (node := makers.get(name)) is not None and node.op_type in SHAPE_ONLY:
        name = node.input[0]
    if node is not None and node.op_type in ("Sigmoid", "Softmax"):
        return str(node.input[0])
    return str(graph.output[0].name)


def _columns(output: onnx.ValueInfoProto) -> int:
    dims = [dim.dim_value for dim in output.type.tensor_type.shape.dim]
    columns = dims[-1] if len(dims) > 1 else 1
    if columns not in (1, 2) or any(side not in (0, 1) for side in dims[1:-1]):
        raise BadModelFile(f"the network gives {dims[1:]} scores for a picture; unmask needs one or two")
    return int(columns)


def _constant(name: str, values: object, kind: type = np.float32) -> onnx.NodeProto:
    return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(np.array(values, kind), name))


def _before(entry: onnx.ValueInfoProto, layout: str, normalisation: Normalisation) -> Iterator[onnx.NodeProto]:
    """uint8 pixels to what the network wants."""
    gain = normalisation.scale / np.array(normalisation.deviation)
    offset = -np.array(normalisation.mean) / np.array(normalisation.deviation)
    yield helper.make_node("Cast", ["pixels"], ["unmask/float"], to=TensorProto.FLOAT)
    yield _constant("unmask/gain", gain)
    yield _constant("unmask/offset", offset)
    yield helper.make_node("Mul", ["unmask/float", "unmask/gain"], ["unmask/scaled"])
    yield helper.make_node("Add", ["unmask/scaled", "unmask/offset"], ["unmask/normalised"])
    last = "unmask/normalised"
    if layout == "NCHW":
        yield helper.make_node("Transpose", [last], ["unmask/planes"], perm=[0, 3, 1, 2])
        last = "unmask/planes"
    yield helper.make_node("Cast", [last], [entry.name], to=entry.type.tensor_type.elem_type)


def _after(score: str, columns: int, fake: int) -> Iterator[onnx.NodeProto]:
    """Scores to the logit of `fake`."""
    yield helper.make_node("Cast", [score], ["unmask/scores"], to=TensorProto.FLOAT)
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
