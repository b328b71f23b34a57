"""The face view that a graph cuts out of its input, against the operator of ONNX that samples a grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper

from unmask.card_reader import FACE_REGION
from unmask.training.export.onnx_views import FACE_VIEW, face_view

SIZE = 48


def run(nodes: Sequence[onnx.NodeProto], output: str, kind: int, **given: NDArray[np.generic]) -> NDArray[np.generic]:
    """The output of a graph with the given inputs."""
    inputs = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
        for name, value in given.items()
    ]
    graph = helper.make_graph(list(nodes), "test", inputs, [helper.make_tensor_value_info(output, kind, None)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    found: NDArray[np.generic] = session.run([output], given)[0]
    return found


@pytest.mark.parametrize("region", [(0.2, 0.3, 0.5, 0.4), (0, 0, 1, 1), (-0.2, 0.3, 0.9, 1.1), (0.7, 0.1, 0.1, 0.1)])
def test_the_face_view_is_bicubic_with_a_repeated_border(region: tuple[float, ...]) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (1, SIZE, SIZE, 3), np.uint8)
    left, top, width, height = region
    along = (np.arange(SIZE) + 0.5) / SIZE
    grid = np.stack(np.meshgrid(2 * (left + width * along) - 1, 2 * (top + height * along) - 1), axis=-1)
    sample = helper.make_node("GridSample", ["planes", "grid"], ["sampled"], mode="bicubic", padding_mode="border")
    planes = pixels.transpose(0, 3, 1, 2).astype(np.float32)
    expected = run([sample], "sampled", TensorProto.FLOAT, planes=planes, grid=grid[None].astype(np.float32))
    given = {"pixels": pixels, FACE_REGION: np.array([region], np.float32)}
    view = run(list(face_view(SIZE)), FACE_VIEW, TensorProto.UINT8, **given)
    assert view.shape == pixels.shape
    assert np.abs(view.transpose(0, 3, 1, 2) - np.clip(expected, 0, 255)).max() < 0.51
