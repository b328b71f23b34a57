"""Weights of a model file by the names of the network."""

from __future__ import annotations

import re

import onnx

from unmask.errors import BadModelFile

SINGLE_MEMBER_PREFIX = re.compile("^(member0/)+")
"""Prefix of the weights of a single-member ensemble, possibly nested."""
FP16_SUFFIX = "/half"
"""Suffix of weights stored in 16 bits."""
INT8_SUFFIX, SCALE = "/quarter", "/scale"
"""Suffix of weights stored in 8 bits, and suffix of their scale for each channel."""


def named_weights(model: onnx.ModelProto) -> dict[str, onnx.TensorProto]:
    """The weights of a single network by their names, without the prefixes of an ensemble.

    Raises:
        BadModelFile: the file holds several networks, or its weights are stored in 8 bits.
    """
    names = [tensor.name for tensor in model.graph.initializer]
    if any("member1/" in name for name in names):
        raise BadModelFile("the file holds several networks; pass the file of one of them")
    if any(name.endswith(INT8_SUFFIX) for name in names):
        raise BadModelFile("its weights are stored in 8 bits; pass the file before compression")
    tensors = model.graph.initializer
    return {SINGLE_MEMBER_PREFIX.sub("", tensor.name).removesuffix(FP16_SUFFIX): tensor for tensor in tensors}
