"""The weights in model files: by name, in 16 bits, and averaged over networks that went on from one another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from unmask.errors import BadModelFile

ONLY = "member0/"
"""Before the names of a network that is the only member of an ensemble: one that sees each face mirrored too."""
HALF = "/half"
"""Behind the names of weights stored in 16 bits."""


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
