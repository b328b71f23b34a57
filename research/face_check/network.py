"""The network of the face check, and its export."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from unmask._files import write_atomic
from unmask.faces.face_check import CROP_SIDE, KEY
from unmask.runtime import open_session
from unmask.training.export.onnx import exporter_silenced, remove_exporter_notes
from unmask.training.models.mobilenetv2 import MobileNetV2

LAYERS = 10
"""Leading layers of MobileNetV2 that are used: up to the first block with 64 channels, at a sixteenth of the crop."""
FROZEN = 5
"""Leading layers that keep the weights of ImageNet."""
CHANNELS = 64
TOLERANCE = 1e-3
"""Largest difference of a probability between network and file."""


class FaceCheckNet(nn.Module):
    """The first layers of MobileNetV2, the mean over the crop, and a linear layer.

    Input: float `[N, 3, CROP_SIDE, CROP_SIDE]` in -1..1; output: logits `[N, 3]` of `FACE`, `DRAWN`, `OBJECT`.

    Args:
        weights: `.npz` with weights of MobileNetV2 for ImageNet (see `MobileNetV2.load_imagenet`); None draws them.
    """

    def __init__(self, weights: Path | None = None) -> None:
        super().__init__()
        whole = MobileNetV2()
        if weights:
            whole.load_imagenet(weights)
        layers = list(whole.features.children())
        self.features = nn.Sequential(*layers[:LAYERS])
        for parameter in nn.Sequential(*layers[:FROZEN]).parameters():
            parameter.requires_grad_(weights is None)
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(CHANNELS, 3)

    def forward(self, pixels: Tensor) -> Tensor:
        """Logits `[N, 3]`."""
        logits: Tensor = self.head(self.dropout(self.features(pixels).mean((2, 3))))
        return logits


class CheckGraph(nn.Module):
    """The graph of the file: uint8 pixels `[N, CROP_SIDE, CROP_SIDE, 3]` to probabilities `[N, 3]`."""

    def __init__(self, net: FaceCheckNet) -> None:
        super().__init__()
        self.net = net.eval()

    def forward(self, pixels: Tensor) -> Tensor:
        """Probabilities of the three classes."""
        return torch.softmax(self.net(pixels.permute(0, 3, 1, 2).float() / 127.5 - 1.0), 1)


def export(net: FaceCheckNet, path: Path, facts: dict[str, Any]) -> float:
    """Write the ONNX file and compare it with the network.

    Args:
        net: the trained network.
        path: path of the file, written atomically.
        facts: plain values for the metadata key `unmask.face_check`.

    Returns:
        The largest difference of a probability.

    Raises:
        RuntimeError: the file differs from the network by more than `TOLERANCE`.
    """
    import onnx

    module = CheckGraph(net).eval()
    example = torch.from_numpy(np.random.default_rng(1).integers(0, 256, (5, CROP_SIDE, CROP_SIDE, 3), np.uint8))
    with exporter_silenced():
        program = torch.onnx.export(
            module,
            (example,),
            dynamo=True,
            input_names=["pixels"],
            output_names=["probabilities"],
            dynamic_shapes={"pixels": {0: torch.export.Dim("batch", min=1, max=1024)}},
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    onnx.helper.set_model_props(model, {KEY: json.dumps(facts, sort_keys=True)})
    write_atomic(path, remove_exporter_notes(model).SerializeToString())
    found = open_session(path.read_bytes(), threads=1).run(pixels=example.numpy())["probabilities"]
    with torch.no_grad():
        worst = float(np.abs(found - module(example).numpy()).max())
    if worst > TOLERANCE:
        raise RuntimeError(f"{path} differs from the network by {worst:.4f}; at most {TOLERANCE} is allowed")
    return worst
