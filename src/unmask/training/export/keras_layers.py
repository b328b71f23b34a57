"""Reads the layers of a plain convolutional network from the graph of its model file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from unmask.errors import BadModelFile

CONVERTIBLE = ("cnn3", "cnn3-bn", "cnn7-bn", "cnn-dense")
"""Recipes whose networks consist of the layers below."""
INPUT_OPERATIONS = ["Transpose", "Cast", "Div", "Sub"]
"""Begin of every graph: uint8 pixels to the range -1 to 1."""

Weights = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ConvLayer:
    """A convolution. `kernel` is `[height, width, inputs, outputs]`; batch norms are merged into it."""

    kernel: Weights
    bias: Weights
    padding: str
    relu: bool = False


@dataclass(frozen=True, slots=True)
class MaxPoolLayer:
    """Max pooling over squares of `side` pixels without overlap."""

    side: int


@dataclass(frozen=True, slots=True)
class FlattenLayer:
    """A feature map to a vector, in the order channels, height, width."""


@dataclass(frozen=True, slots=True)
class DenseLayer:
    """A dense layer. `kernel` is `[inputs, outputs]`."""

    kernel: Weights
    bias: Weights
    relu: bool = False


Layer = ConvLayer | MaxPoolLayer | FlattenLayer | DenseLayer


def read_layers(model: onnx.ModelProto, name: str) -> list[Layer]:
    """The layers of a network between the scaled pixels and the logit, in order.

    Args:
        model: the graph of a model file.
        name: name of the model in error messages.

    Raises:
        BadModelFile: the graph holds anything but these layers; the message names the recipes that can be converted.
    """
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    nodes = list(model.graph.node)
    if [node.op_type for node in nodes[:4]] != INPUT_OPERATIONS or len(model.graph.input) != 1:
        raise _unsupported(name, "several networks, or another kind of input")
    layers: list[Layer] = []
    for before, node in pairwise(nodes[3:]):
        if node.op_type in ("Squeeze", "Gather"):
            break
        if before.output[0] not in node.input:
            raise _unsupported(name, "branches")
        layers = _append(layers, node, weights, name)
    tail = [node.op_type for node in nodes[4:]][_consumed(layers) :]
    last = layers[-1] if layers else None
    if not isinstance(last, DenseLayer):
        raise _unsupported(name, "no dense layer at the end")
    if tail == ["Squeeze"] and last.bias.shape == (1,):
        return layers
    if tail == ["Gather", "Gather", "Sub"] and last.bias.shape == (2,):
        first, second = (int(weights[node.input[1]]) for node in nodes[-3:-1])
        kernel, bias = last.kernel, last.bias
        difference = DenseLayer(kernel[:, [first]] - kernel[:, [second]], bias[[first]] - bias[[second]])
        return [*layers[:-1], difference]
    raise _unsupported(name, "another kind of output")


def _consumed(layers: list[Layer]) -> int:
    """The number of graph nodes that became these layers."""
    return sum(1 + bool(getattr(layer, "relu", False)) for layer in layers)


def _append(layers: list[Layer], node: Any, weights: Mapping[str, NDArray[Any]], name: str) -> list[Layer]:
    """The layers with the one of the next node."""
    options = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
    if any(given in weights and weights[given].dtype == np.float16 for given in node.input):
        raise _unsupported(name, "weights in 16 bits")
    if node.op_type == "Relu" and layers and isinstance(layers[-1], ConvLayer | DenseLayer):
        return [*layers[:-1], replace(layers[-1], relu=True)]
    if node.op_type == "Conv":
        kernel = weights[node.input[1]].transpose(2, 3, 1, 0)
        padding = _padding(options)
        if padding:
            return [*layers, ConvLayer(kernel, weights[node.input[2]], padding)]
    if node.op_type == "MaxPool":
        side = options["kernel_shape"][0]
        square = options["kernel_shape"] == options["strides"] == [side, side]
        if square and not options.get("ceil_mode") and not any(options.get("pads", [])):
            return [*layers, MaxPoolLayer(side)]
    if node.op_type == "Reshape":
        return [*layers, FlattenLayer()]
    if node.op_type == "Gemm" and (options["alpha"], options["beta"], options["transB"]) == (1.0, 1.0, 1):
        return [*layers, DenseLayer(weights[node.input[1]].T, weights[node.input[2]])]
    raise _unsupported(
        name, f"the operation {node.op_type}" if node.op_type != "Conv" else "another kind of convolution"
    )


def _padding(options: Mapping[str, Any]) -> str | None:
    """The padding as Keras names it; None for a convolution that has no such name."""
    plain = options["group"] == 1 and set(options["dilations"]) == set(options["strides"]) == {1}
    if plain and not any(options["pads"]):
        return "valid"
    same = [side // 2 for side in options["kernel_shape"]] * 2
    odd = all(side % 2 for side in options["kernel_shape"])
    return "same" if plain and odd and list(options["pads"]) == same else None


def _unsupported(name: str, reason: str) -> BadModelFile:
    recipes = ", ".join(CONVERTIBLE)
    return BadModelFile(f"{name}: has {reason}; Keras files are made of models of the recipes {recipes}")
