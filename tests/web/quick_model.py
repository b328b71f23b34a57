"""A tiny model, for tests of the server that do not depend on the verdict."""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import TensorProto, helper

from unmask.card import METADATA_KEY, ModelCard
from unmask.preprocessing import Preprocessing

SIDE = 32


def write_quick_model(path: Path) -> Path:
    """Write a network whose map is the brightness of the face minus gray, and whose score is the mean of the map."""
    nodes = [
        helper.make_node("Cast", ["pixels"], ["values"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["values"], ["brightness"], axes=[3], keepdims=0),
        helper.make_node("Sub", ["brightness", "gray"], ["around"]),
        helper.make_node("Mul", ["around", "scale"], ["cam"]),
        helper.make_node("ReduceMean", ["cam"], ["logit"], axes=[1, 2], keepdims=0),
    ]
    constants = [
        helper.make_tensor("gray", TensorProto.FLOAT, [], [128.0]),
        helper.make_tensor("scale", TensorProto.FLOAT, [], [0.05]),
    ]
    pixels = helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["N", SIDE, SIDE, 3])
    outputs = [
        helper.make_tensor_value_info("logit", TensorProto.FLOAT, ["N"]),
        helper.make_tensor_value_info("cam", TensorProto.FLOAT, ["N", SIDE, SIDE]),
    ]
    graph = helper.make_graph(nodes, "quick", [pixels], outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    card = ModelCard("quick", "1", preprocessing=Preprocessing(size=SIDE))
    helper.set_model_props(model, {METADATA_KEY: card.to_json()})
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path


def variant(model: Path, version: str) -> bytes:
    """The model under another version, and with another slope, so that its scores differ."""
    loaded = onnx.load(model)
    entries = {entry.key: entry.value for entry in loaded.metadata_props}
    card = ModelCard.from_json(entries[METADATA_KEY]).to_dict()
    card["calibration"]["slope"] *= 0.5
    text = ModelCard.from_dict({**card, "version": version}).to_json()
    onnx.helper.set_model_props(loaded, entries | {METADATA_KEY: text})
    return loaded.SerializeToString()
