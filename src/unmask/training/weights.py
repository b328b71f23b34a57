"""The weights in model files: by name, in 16 or 8 bits, and averaged over networks that went on from one another."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from unmask.errors import BadModelFile

ONLY = re.compile("^(member0/)+")
"""Before the names of a network that is the only member of an ensemble, or of an ensemble of that."""
HALF = "/half"
"""Behind the names of weights stored in 16 bits."""
QUARTER, SCALE = "/quarter", "/scale"
"""Behind the names of weights stored in 8 bits, and, once more, of what one step is worth in each channel."""

Shortened = tuple[list[onnx.TensorProto], list[onnx.NodeProto]]
"""What is stored of a weight, and what brings it back."""


def named_weights(model: onnx.ModelProto) -> dict[str, onnx.TensorProto]:
    """The weights of a network by the names it gave them, whether or not it also sees mirror images.

    Raises:
        BadModelFile: there are several networks in the file, or its weights have been stored in 8 bits.
    """
    names = [tensor.name for tensor in model.graph.initializer]
    if any("member1/" in name for name in names):
        raise BadModelFile("it holds several networks; give the file of one of them")
    if any(name.endswith(QUARTER) for name in names):
        raise BadModelFile("its weights are in 8 bits; give the file it was made from")
    return {ONLY.sub("", tensor.name).removesuffix(HALF): tensor for tensor in model.graph.initializer}


def shorten(model: onnx.ModelProto, bits: int) -> None:
    """Store the weights that are in 32 bits in fewer; they are brought back when it is loaded and compute in 32 bits.

    Args:
        model: is changed.
        bits: 16, which halves the file and hardly moves a score, or 8, with one scale for each output channel.
    """
    kept, nodes = [], []
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and len(tensor.dims) > 1 and not tensor.name.endswith(SCALE):
            stored, back = (_in_16_bits if bits == 16 else _in_8_bits)(tensor)
            kept += stored
            nodes += back
        else:
            kept.append(tensor)
    nodes += list(model.graph.node)
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)


def _in_16_bits(tensor: onnx.TensorProto) -> Shortened:
    short = numpy_helper.to_array(tensor).astype(np.float16)
    back = helper.make_node("Cast", [tensor.name + HALF], [tensor.name], to=TensorProto.FLOAT)
    return [numpy_helper.from_array(short, tensor.name + HALF)], [back]


def _in_8_bits(tensor: onnx.TensorProto) -> Shortened:
    name, array = tensor.name + QUARTER, numpy_helper.to_array(tensor)
    scale = np.abs(array).max(axis=tuple(range(1, array.ndim)), keepdims=True).clip(1e-12) / 127
    stored = [
        numpy_helper.from_array(np.round(array / scale).astype(np.int8), name),
        numpy_helper.from_array(scale.astype(np.float32), name + SCALE),
    ]
    cast = helper.make_node("Cast", [name], [f"{name}/steps"], to=TensorProto.FLOAT)
    return stored, [cast, helper.make_node("Mul", [f"{name}/steps", name + SCALE], [tensor.name])]


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
