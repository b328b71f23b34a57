from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from unmask.training.models.factory import create_model, initialize
from unmask.training.models.mobilenetv2 import MobileNetV2


def test_folded_imagenet_weights_reach_every_convolution(tmp_path: Path) -> None:
    donor = MobileNetV2()
    layers = [layer for layer in donor.features.modules() if isinstance(layer, torch.nn.Conv2d)]
    arrays = {f"w{i}": layer.weight.detach().numpy().astype(np.float16) for i, layer in enumerate(layers)}
    biases = {f"b{i}": layer.bias.detach().numpy() for i, layer in enumerate(layers) if layer.bias is not None}
    np.savez(tmp_path / "weights.npz", **arrays, **biases)
    network = create_model("mobilenetv2")
    initialize(network, weights=str(tmp_path / "weights.npz"))
    assert len(layers) == 52
    for own, given in zip(network.features.parameters(), donor.features.parameters(), strict=True):  # type: ignore[union-attr,operator]
        assert torch.allclose(own, given, atol=1e-3)
