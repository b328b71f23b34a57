"""Adds a linear head on CLIP embeddings to the graph of a model file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from unmask.card import Calibration
from unmask.runtime.embedding import EMBEDDING

PREFIX = "networks/"


@dataclass(frozen=True, slots=True)
class EmbeddingHead:
    """A linear classifier of embeddings.

    Attributes:
        weights: float32 `[width]`.
        bias: logit of the zero vector.
        share: share of its logit in the mean with the calibrated logit of the networks.
    """

    weights: NDArray[np.float32]
    bias: float
    share: float

    def logits(self, embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
        """The logit of `fake` for embeddings `[N, width]`."""
        return np.asarray(embeddings @ self.weights + self.bias, np.float32)


def add_embedding_head(data: bytes, calibration: Calibration, head: EmbeddingHead) -> onnx.ModelProto:
    """One model, without a card, that averages the logits of a model file and of a head on embeddings.

    The head has no map; its part of the logit is the same at all places of `cam`.

    Args:
        data: bytes of the model file.
        calibration: brings its logits to the scale of the head.
        head: the head.
    """
    model = onnx.load_from_string(data)
    del model.metadata_props[:]
    inputs = {entry.name for entry in model.graph.input}
    outputs = [output.name for output in model.graph.output]
    model = onnx.compose.add_prefix(model, PREFIX, rename_inputs=False, rename_outputs=True)
    graph = model.graph
    constants = {
        "head/weights": head.weights.astype(np.float32)[:, None],
        "head/bias": np.float32(head.bias),
        "head/share": np.float32(head.share),
        "head/slope": np.float32((1 - head.share) * calibration.slope),
        "head/intercept": np.float32((1 - head.share) * calibration.intercept),
        "head/last": np.array([1], np.int64),
        "head/places": np.array([1, 2], np.int64),
    }
    graph.initializer.extend(numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items())
    graph.node.extend([
        helper.make_node("MatMul", [EMBEDDING, "head/weights"], ["head/product"]),
        helper.make_node("Squeeze", ["head/product", "head/last"], ["head/projected"]),
        helper.make_node("Add", ["head/projected", "head/bias"], ["head/logit"]),
        helper.make_node("Mul", ["head/logit", "head/share"], ["head/part"]),
        helper.make_node("Unsqueeze", ["head/part", "head/places"], ["head/map"]),
    ])  # fmt: skip
    for name in outputs:
        graph.node.extend([
            helper.make_node("Mul", [f"{PREFIX}{name}", "head/slope"], [f"head/{name}/scaled"]),
            helper.make_node("Add", [f"head/{name}/scaled", "head/intercept"], [f"head/{name}/calibrated"]),
            helper.make_node("Add", [f"head/{name}/calibrated", "head/map" if name == "cam" else "head/part"], [name]),
        ])  # fmt: skip
    for output in graph.output:
        output.name = output.name.removeprefix(PREFIX)
    assert EMBEDDING not in inputs
    graph.input.append(helper.make_tensor_value_info(EMBEDDING, TensorProto.FLOAT, ["N", len(head.weights)]))
    onnx.checker.check_model(model)
    return model
