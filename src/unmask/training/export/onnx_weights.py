"""The weights of model files: by name, compressed to 16 or 8 bits, and averaged over fine-tuned networks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from unmask.errors import BadModelFile
from unmask.training.models.model_file import FP16_SUFFIX, INT8_SUFFIX, SCALE, named_weights

CompressedWeight = tuple[list[onnx.TensorProto], list[onnx.NodeProto]]
"""Stored tensors of a weight, and the nodes that restore it."""


def compress_weights(model: onnx.ModelProto, bits: int) -> None:
    """Store 32-bit weights in fewer bits; the graph restores them, and the computation stays in 32 bits.

    Args:
        model: changed in place.
        bits: 16 (float16), or 8 (int8 with one scale for each output channel).
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


def _in_16_bits(tensor: onnx.TensorProto) -> CompressedWeight:
    short = numpy_helper.to_array(tensor).astype(np.float16)
    back = helper.make_node("Cast", [tensor.name + FP16_SUFFIX], [tensor.name], to=TensorProto.FLOAT)
    return [numpy_helper.from_array(short, tensor.name + FP16_SUFFIX)], [back]


def _in_8_bits(tensor: onnx.TensorProto) -> CompressedWeight:
    name, array = tensor.name + INT8_SUFFIX, numpy_helper.to_array(tensor)
    scale = np.abs(array).max(axis=tuple(range(1, array.ndim)), keepdims=True).clip(1e-12) / 127
    stored = [
        numpy_helper.from_array(np.round(array / scale).astype(np.int8), name),
        numpy_helper.from_array(scale.astype(np.float32), name + SCALE),
    ]
    cast = helper.make_node("Cast", [name], [f"{name}/steps"], to=TensorProto.FLOAT)
    return stored, [cast, helper.make_node("Mul", [f"{name}/steps", name + SCALE], [tensor.name])]


def average_weights(members: Sequence[bytes], shares: Sequence[float]) -> onnx.ModelProto:
    """One network, without a card, whose weights are the weighted mean of its members' weights.

    Works for networks that were fine-tuned from one another (Wortsman et al., "Robust fine-tuning of zero-shot models",
    CVPR 2022).

    Args:
        members: model files of one architecture.
        shares: weights of the members, in any unit.

    Raises:
        BadModelFile: the members have different architectures.
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
            raise BadModelFile(f"weights can be averaged only within one architecture; {name} differs")
        if own.dtype.kind == "f":
            mean = np.tensordot(rates, np.stack(arrays).astype(np.float64), 1)
            tensor.CopyFrom(numpy_helper.from_array(mean.astype(own.dtype), tensor.name))
    return first
