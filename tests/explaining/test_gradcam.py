"""Grad-CAM of a small network with a known gradient, and of a shipped model with a class activation map."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from unmask import Detector
from unmask.card import Calibration, ModelCard
from unmask.errors import UsageError
from unmask.explaining import METHODS, explain
from unmask.explaining.gradcam import gradcam_of
from unmask.progress import no_progress
from unmask.verdict import Label

onnx = pytest.importorskip("onnx")
SIDE = 16


def small(path: Path, *, convolution: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Write a network without a pooling head: a 1x1 convolution, rectification, and one dense layer."""
    generator = np.random.default_rng(0)
    mix = generator.normal(size=(4, 3, 1, 1)).astype(np.float32) / 100
    dense = generator.normal(size=(4 * SIDE * SIDE, 1)).astype(np.float32)
    h = onnx.helper
    nodes = [
        h.make_node("Transpose", ["pixels"], ["channels"], perm=[0, 3, 1, 2]),
        h.make_node("Cast", ["channels"], ["values"], to=1),
        h.make_node("Conv", ["values", "mix"], ["mixed"]) if convolution else h.make_node("Abs", ["values"], ["mixed"]),
        h.make_node("Relu", ["mixed"], ["features"]),
        h.make_node("Flatten", ["features"], ["flat"]),
        h.make_node("MatMul", ["flat", "dense" if convolution else "dense3"], ["column"]),
        h.make_node("Squeeze", ["column", "axis"], ["logit"]),
    ]
    constants = [
        onnx.numpy_helper.from_array(mix, "mix"),
        onnx.numpy_helper.from_array(dense, "dense"),
        onnx.numpy_helper.from_array(dense[: 3 * SIDE * SIDE], "dense3"),
        onnx.numpy_helper.from_array(np.array([1]), "axis"),
    ]
    pixels = h.make_tensor_value_info("pixels", onnx.TensorProto.UINT8, ["N", SIDE, SIDE, 3])
    logit = h.make_tensor_value_info("logit", onnx.TensorProto.FLOAT, ["N"])
    graph = h.make_graph(nodes, "small", [pixels], [logit], constants)
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", 18)], ir_version=9)
    path.write_bytes(model.SerializeToString())
    return mix, dense


def test_a_network_whose_gradient_is_known(tmp_path: Path) -> None:
    mix, dense = small(tmp_path / "small.onnx")
    pixels = np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    detector = SimpleNamespace(card=ModelCard("small", "1", calibration=Calibration(2.0, 0.5)))
    found = gradcam_of(tmp_path / "small.onnx")(cast("Detector", detector), pixels, no_progress)
    features = np.maximum(np.einsum("kc,hwc->khw", mix[:, :, 0, 0], pixels.astype(np.float32)), 0)
    slopes = dense.reshape(4, SIDE * SIDE).sum(1)
    expected = 2.0 * np.einsum("k,khw->hw", slopes, features)
    assert np.allclose(found, expected, rtol=1e-2, atol=1e-2 * np.abs(expected).max())


def test_network_without_a_convolution_raises(tmp_path: Path) -> None:
    small(tmp_path / "small.onnx", convolution=False)
    with pytest.raises(UsageError, match="no convolution"):
        gradcam_of(tmp_path / "small.onnx")


def test_gradcam_correlates_with_the_class_activation_map(detector: Detector, astronaut: Path) -> None:
    methods = {**METHODS, "gradcam": gradcam_of(detector.model.name)}
    own, graded = (
        explain(detector, astronaut, method=name, target=Label.FAKE, faithfulness=False, methods=methods).heatmap
        for name in ("cam", "gradcam")
    )
    assert np.corrcoef(own.ravel(), graded.ravel())[0, 1] > 0.99


def test_model_that_scores_each_face_twice_raises(default_detector: Detector, astronaut: Path) -> None:
    methods = {**METHODS, "gradcam": gradcam_of("default")}
    with pytest.raises(UsageError, match="use --method cam"):
        explain(default_detector, astronaut, method="gradcam", faithfulness=False, methods=methods)
