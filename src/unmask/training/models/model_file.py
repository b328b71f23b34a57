"""Weights of a model file by the names of the network."""

from __future__ import annotations

import os
import re

import onnx

from unmask.composed_session import NETWORKS_KEY
from unmask.errors import BadModelFile
from unmask.hub import resolve
from unmask.zoo import read_model

SINGLE_MEMBER_PREFIX = re.compile("^(member0/)+")
"""Prefix of the weights of a single-member ensemble, possibly nested."""
FP16_SUFFIX = "/half"
"""Suffix of weights stored in 16 bits."""
INT8_SUFFIX, SCALE = "/quarter", "/scale"
"""Suffix of weights stored in 8 bits, and suffix of their scale for each channel."""


def load_networks(model: str | os.PathLike[str]) -> onnx.ModelProto:
    """The graph of a model file that holds its own networks.

    Args:
        model: name of a shipped model, a file, or a folder or hub id.

    Raises:
        BadModelFile: the file holds a head only, beside the networks of another model.
        UnknownModel: there is no such model.
    """
    loaded = onnx.load_from_string(read_model(resolve(model)))
    networks = next((entry.value for entry in loaded.metadata_props if entry.key == NETWORKS_KEY), None)
    if networks:
        raise BadModelFile(f"{os.fspath(model)} has no networks of its own; give the model that it needs, {networks}")
    return loaded


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
