"""The graph of a model file that averages the score of another model with that of a linear head on CLIP embeddings.

The file holds the head only. The networks stay in the file of the other model, and the image tower in its package.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from unmask.card import Calibration
from unmask.composed_session import EMBEDDING, NETWORKS_CAM, NETWORKS_KEY, NETWORKS_LOGIT

OPSET, IR_VERSION = 18, 10


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


def embedding_model(head: EmbeddingHead, calibration: Calibration, networks: str) -> onnx.ModelProto:
    """The model of a head beside the networks of another model, without a card.

    The head has no map; its part of the logit is the same at all places of `cam`.

    Args:
        head: the head.
        calibration: brings the logits of the networks to the scale of the head.
        networks: name and version of the shipped model with the networks, such as `default 1.6`.
    """
    constants = {
        "weights": head.weights.astype(np.float32)[:, None],
        "bias": np.float32(head.bias),
        "share": np.float32(head.share),
        "slope": np.float32((1 - head.share) * calibration.slope),
        "intercept": np.float32((1 - head.share) * calibration.intercept),
        "last": np.array([1], np.int64),
        "places": np.array([1, 2], np.int64),
    }
    nodes = [
        helper.make_node("MatMul", [EMBEDDING, "weights"], ["product"]),
        helper.make_node("Squeeze", ["product", "last"], ["projected"]),
        helper.make_node("Add", ["projected", "bias"], ["head_logit"]),
        helper.make_node("Mul", ["head_logit", "share"], ["part"]),
        helper.make_node("Unsqueeze", ["part", "places"], ["part_map"]),
    ]
    for given, part, output in ((NETWORKS_LOGIT, "part", "logit"), (NETWORKS_CAM, "part_map", "cam")):
        nodes += [
            helper.make_node("Mul", [given, "slope"], [f"{output}_scaled"]),
            helper.make_node("Add", [f"{output}_scaled", "intercept"], [f"{output}_calibrated"]),
            helper.make_node("Add", [f"{output}_calibrated", part], [output]),
        ]
    rows, maps = ["N"], ["N", "h", "w"]
    graph = helper.make_graph(
        nodes,
        "embedding head",
        [
            helper.make_tensor_value_info(NETWORKS_LOGIT, TensorProto.FLOAT, rows),
            helper.make_tensor_value_info(NETWORKS_CAM, TensorProto.FLOAT, maps),
            helper.make_tensor_value_info(EMBEDDING, TensorProto.FLOAT, ["N", len(head.weights)]),
        ],
        [
            helper.make_tensor_value_info("logit", TensorProto.FLOAT, rows),
            helper.make_tensor_value_info("cam", TensorProto.FLOAT, maps),
        ],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    helper.set_model_props(model, {NETWORKS_KEY: networks})
    onnx.checker.check_model(model)
    return model
