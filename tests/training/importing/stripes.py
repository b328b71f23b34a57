"""An ONNX network that scores the direction of stripes, in several layouts and with either class order."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIZE = 32


def stripes_network(
    *,
    layout: str = "NHWC",
    columns: int = 1,
    activation: str | None = "Sigmoid",
    high_means: str = "fake",
    size: int | None = SIZE,
    batch: int | None = None,
) -> onnx.ModelProto:
    """A network whose score is the variation between rows minus that between columns, for pixels in 0..1.

    Horizontal stripes, which mark fakes in these tests, vary between rows. With two columns the score is the second.
    """
    rows, across = (2, 3) if layout == "NCHW" else (1, 2)
    count = batch or "N"
    shape = [count, 3, size, size] if layout == "NCHW" else [count, size, size, 3]
    nodes, weights = [], []

    def constant(name: str, values: object, kind: type = np.int64) -> str:
        weights.append(numpy_helper.from_array(np.array(values, kind), name))
        return name

    for name, axis in (("down", rows), ("right", across)):
        for part, start, end in (("a", 1, 2**31 - 1), ("b", 0, -1)):
            limits = [
                constant(f"{name}_{part}_{key}", [value]) for key, value in (("s", start), ("e", end), ("x", axis))
            ]
            nodes.append(helper.make_node("Slice", ["input", *limits], [f"{name}_{part}"]))
        nodes.append(helper.make_node("Sub", [f"{name}_a", f"{name}_b"], [f"{name}_step"]))
        nodes.append(helper.make_node("Abs", [f"{name}_step"], [f"{name}_size"]))
        nodes.append(
            helper.make_node("ReduceMean", [f"{name}_size", constant(f"{name}_all", [1, 2, 3])], [name], keepdims=0)
        )
    first, second = ("down", "right") if high_means == "fake" else ("right", "down")
    nodes.append(helper.make_node("Sub", [first, second], ["difference"]))
    nodes.append(helper.make_node("Mul", ["difference", constant("gain", 60.0, np.float32)], ["evidence"]))
    nodes.append(helper.make_node("Reshape", ["evidence", constant("column_shape", [batch or -1, 1])], ["column"]))
    last = "column"
    if columns == 2:
        nodes.append(helper.make_node("Neg", ["column"], ["negative"]))
        nodes.append(helper.make_node("Concat", ["negative", "column"], ["pair"], axis=1))
        last = "pair"
    if activation:
        nodes.append(helper.make_node(activation, [last], ["activated"]))
        last = "activated"
    nodes.append(helper.make_node("Identity", [last], ["output"]))
    graph = helper.make_graph(
        nodes,
        "stripes",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [count, columns])],
        weights,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
