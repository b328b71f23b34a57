"""ONNX export of the face detector: pixels in, scores, boxes and landmarks out, facts in the metadata."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from research.face_detector.network import STRIDES, FaceDetectorNet, decode, grid
from unmask._files import write_atomic
from unmask.runtime import open_session
from unmask.training.export.onnx import exporter_silenced, remove_exporter_notes

KEY = "unmask.faces"
"""Key of the facts in the metadata of the file."""
TOLERANCE = 0.02
"""Largest difference of a score, or of a coordinate in pixels, between network and file."""


class DetectorGraph(nn.Module):
    """The graph of the file: normalization, network and decoding."""

    def __init__(self, net: FaceDetectorNet) -> None:
        super().__init__()
        self.net = fold_batch_norms(copy.deepcopy(net).eval())

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Pixels `[N, H, W, 3]` to scores `[N, cells]`, boxes `[N, cells, 4]` and landmarks `[N, cells, 5, 2]`."""
        raw = self.net(pixels.permute(0, 3, 1, 2).float() / 127.5 - 1.0)
        boxes, points = decode(raw, *grid(pixels.shape[1], pixels.shape[2]))
        return raw[..., 0].sigmoid(), boxes, points


def fold_batch_norms(module: nn.Module) -> Any:
    """Fold each batch norm into the convolution before it; the module is changed in place."""
    for child in module.modules():
        if isinstance(child, nn.Sequential) and len(child) > 1 and isinstance(child[1], nn.BatchNorm2d):
            child[0] = fuse_conv_bn_eval(child[0], child[1])  # type: ignore[type-var]
            child[1] = nn.Identity()
    return module


def export(net: FaceDetectorNet, path: Path, facts: dict[str, Any]) -> float:
    """Write the ONNX file and compare it with the network.

    Args:
        net: the trained network.
        path: path of the file, written atomically.
        facts: plain values for the metadata key `unmask.faces`.

    Returns:
        The largest difference of a score, or of a coordinate in pixels.

    Raises:
        RuntimeError: the file differs from the network by more than `TOLERANCE`.
    """
    import onnx

    module = DetectorGraph(net).eval()
    coarsest = STRIDES[-1]
    height, width = (torch.export.Dim(name, min=2, max=64) * coarsest for name in ("rows", "columns"))
    shapes = {"pixels": {0: torch.export.Dim("batch", min=1, max=256), 1: height, 2: width}}
    example = torch.zeros(2, 4 * coarsest, 3 * coarsest, 3, dtype=torch.uint8)
    with exporter_silenced():
        program = torch.onnx.export(
            module,
            (example,),
            dynamo=True,
            input_names=["pixels"],
            output_names=["scores", "boxes", "landmarks"],
            dynamic_shapes=shapes,
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    onnx.helper.set_model_props(model, {KEY: json.dumps(facts, sort_keys=True)})
    write_atomic(path, remove_exporter_notes(model).SerializeToString())
    return check_parity(module, path)


def check_parity(module: DetectorGraph, path: Path) -> float:
    """The largest difference between network and file on random pixels of several sizes."""
    session = open_session(path.read_bytes(), threads=1)
    rng = np.random.default_rng(1)
    worst = 0.0
    for shape in ((1, 64, 64, 3), (2, 160, 192, 3), (1, 640, 416, 3)):
        pixels = rng.integers(0, 256, shape, np.uint8)
        found = session.run(pixels=pixels)
        with torch.no_grad():
            expected = module(torch.from_numpy(pixels))
        for name, tensor in zip(("scores", "boxes", "landmarks"), expected, strict=True):
            worst = max(worst, float(np.abs(found[name] - tensor.numpy()).max()))
    if worst > TOLERANCE:
        raise RuntimeError(f"{path} differs from the network by {worst:.4f}; at most {TOLERANCE} is allowed")
    return worst
