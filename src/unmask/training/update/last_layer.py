"""The last linear layers of a model file: their inputs as additional outputs, and changes of their weights.

The score of many networks, and of ensembles of them, is linear in the features before the last layer: a mean over
positions, mirrored copies and members. A change of the weights then changes the logit by a linear function of the mean
features, which is fitted without a training framework. `quick_update` tests it on the images.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from unmask.card_reader import model_inputs
from unmask.errors import TrainingError
from unmask.runtime import open_session

Array = NDArray[np.float64]
FEATURE = "unmask/feature"
MIN_WIDTH = 8
"""Fewest inputs of a layer that counts as a classifier; narrower layers combine scores."""
PROBED = 1.0
"""Change of a bias by which its effect on the logit is measured."""


@dataclass(frozen=True, slots=True)
class LastLayer:
    """One last layer.

    Attributes:
        node: index of its node in the graph.
        width: number of its inputs.
    """

    node: int
    width: int


def find_last_layers(model: onnx.ModelProto) -> list[LastLayer]:
    """The linear layers with one output: convolutions, `Gemm` and `MatMul`.

    Raises:
        TrainingError: there is none.
    """
    layers = []
    for index, node in enumerate(model.graph.node):
        if node.op_type in ("Conv", "Gemm", "MatMul") and (weight := _weight(model, node.input[1])) is not None:
            outputs = weight.shape[0] if node.op_type == "Conv" or _transposed(node) else weight.shape[-1]
            width = weight.size // max(1, outputs)
            kernel = weight.shape[2:] if node.op_type == "Conv" else ()
            if outputs == 1 and width >= MIN_WIDTH and set(kernel) <= {1}:
                layers.append(LastLayer(index, width))
    if not layers:
        raise TrainingError("the model file has no last linear layer that can be fitted alone; use --mode full")
    return layers


def _transposed(node: onnx.NodeProto) -> bool:
    return any(attribute.name == "transB" and attribute.i for attribute in node.attribute)


def _weight(model: onnx.ModelProto, name: str) -> NDArray[np.float64] | None:
    """The value of a weight, also if the graph restores it from 16 or 8 bits; None if it is computed from inputs."""
    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    if name in tensors:
        return numpy_helper.to_array(tensors[name]).astype(np.float64)
    node = next((node for node in model.graph.node if name in node.output), None)
    if node is None or node.op_type not in ("Cast", "Mul", "Identity"):
        return None
    parts = [_weight(model, each) for each in node.input]
    if any(part is None for part in parts):
        return None
    first, *others = (part for part in parts if part is not None)
    return first * others[0] if others else first


def with_features(model: onnx.ModelProto, layers: list[LastLayer]) -> onnx.ModelProto:
    """A copy of the model whose outputs also are the inputs of the last layers, averaged over positions."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    for number, layer in enumerate(layers):
        node, name = copy.graph.node[layer.node], f"{FEATURE}{number}"
        operator = "GlobalAveragePool" if node.op_type == "Conv" else "Identity"
        copy.graph.node.append(helper.make_node(operator, [node.input[0]], [name]))
        copy.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    return copy


def change_weights(model: onnx.ModelProto, layers: list[LastLayer], change: Array, bias: float) -> onnx.ModelProto:
    """A copy of the model with other weights in the last layers.

    Args:
        model: the model.
        layers: its last layers.
        change: what is added to the weights of all layers, one after the other.
        bias: what is added to each bias.
    """
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    start = 0
    for number, layer in enumerate(layers):
        node = copy.graph.node[layer.node]
        own, start = change[start : start + layer.width], start + layer.width
        weight = _weight(model, node.input[1])
        assert weight is not None
        node.input[1] = _add_tensor(copy, f"unmask/update{number}/weight", weight + own.reshape(weight.shape))
        if node.op_type == "MatMul":
            _add_to_output(copy, layer.node, number, bias)
            continue
        old = _weight(model, node.input[2]) if len(node.input) > 2 else np.zeros(1)
        name = _add_tensor(copy, f"unmask/update{number}/bias", (np.zeros(1) if old is None else old) + bias)
        node.input[2:] = [name]
    _remove_unused(copy)
    return copy


def _add_tensor(model: onnx.ModelProto, name: str, array: Array) -> str:
    """Add a weight and return its name, which is new in the graph."""
    taken = {tensor.name for tensor in model.graph.initializer}
    while name in taken:
        name += "+"
    model.graph.initializer.append(numpy_helper.from_array(array.astype(np.float32), name))
    return name


def _add_to_output(model: onnx.ModelProto, index: int, number: int, bias: float) -> None:
    """Add a bias behind a `MatMul`."""
    node = model.graph.node[index]
    output, inner = node.output[0], f"unmask/update{number}/product"
    node.output[0] = inner
    name = _add_tensor(model, f"unmask/update{number}/bias", np.full(1, bias))
    model.graph.node.insert(index + 1, helper.make_node("Add", [inner, name], [output]))


def _remove_unused(model: onnx.ModelProto) -> None:
    """Remove nodes and weights that no output depends on."""
    while True:
        used = {name for node in model.graph.node for name in node.input} | {each.name for each in model.graph.output}
        unused = [node for node in model.graph.node if not set(node.output) & used]
        for node in unused:
            model.graph.node.remove(node)
        if not unused:
            break
    for tensor in [each for each in model.graph.initializer if each.name not in used]:
        model.graph.initializer.remove(tensor)


def layer_shares(model: onnx.ModelProto, layers: list[LastLayer], pixels: NDArray[np.uint8]) -> list[float]:
    """The change of the logit when the bias of each layer increases by 1.

    Args:
        model: the model.
        layers: its last layers.
        pixels: one image, `[1, size, size, 3]`.
    """
    base = _logit(model, pixels)
    probes = (change_weights(model, [layer], np.zeros(layer.width), PROBED) for layer in layers)
    shares = [(_logit(probe, pixels) - base) / PROBED for probe in probes]
    if not any(abs(share) > 1e-6 for share in shares):
        raise TrainingError("the score does not depend on the last layers; use --mode full")
    return shares


def _logit(model: onnx.ModelProto, pixels: NDArray[np.uint8]) -> float:
    session = open_session(model.SerializeToString(), threads=1)
    return float(session.run(**model_inputs(session, pixels))["logit"][0])
