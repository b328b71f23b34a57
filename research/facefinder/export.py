"""From a trained network to `faces.onnx`: batch norm folded in, pixels in, boxes out, facts in the metadata."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from research.facefinder.network import STRIDES, FinderNet, decode, grid
from unmask.runtime import open_session
from unmask.training.export.onnx import without_traces

KEY = "unmask.faces"
TOLERANCE = 0.02


class Exported(nn.Module):
    """The network as it ships: normalisation before it, decoding behind it."""

    def __init__(self, net: FinderNet) -> None:
        super().__init__()
        self.net = fold(copy.deepcopy(net).eval())

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Uint8 `[N, H, W, 3]` to scores `[N, cells]`, corner boxes `[N, cells, 4]`, landmarks `[N, cells, 5, 2]`."""
        raw = self.net(pixels.permute(0, 3, 1, 2).float() / 127.5 - 1.0)
        boxes, points = decode(raw, *grid(pixels.shape[1], pixels.shape[2]))
        return raw[..., 0].sigmoid(), boxes, points


def fold(module: nn.Module) -> Any:
    """Fold every batch norm into the convolution before it."""
    for child in module.modules():
        if isinstance(child, nn.Sequential) and len(child) > 1 and isinstance(child[1], nn.BatchNorm2d):
            child[0] = fuse_conv_bn_eval(child[0], child[1])  # type: ignore[type-var]
            child[1] = nn.Identity()
    return module


def export(net: FinderNet, path: Path, facts: dict[str, Any]) -> float:
    """Write the ONNX file and compare it with the network.

    Args:
        net: the trained network.
        path: the file to write.
        facts: JSON-able facts for the metadata key `unmask.faces`.

    Returns:
        The largest difference seen, in score or in pixels.

    Raises:
        RuntimeError: the file disagrees with the network by more than `TOLERANCE`.
    """
    import onnx

    module = Exported(net).eval()
    coarsest = STRIDES[-1]
    height, width = (torch.export.Dim(name, min=2, max=64) * coarsest for name in ("rows", "columns"))
    shapes = {"pixels": {0: torch.export.Dim("batch", min=1, max=256), 1: height, 2: width}}
    example = torch.zeros(2, 4 * coarsest, 3 * coarsest, 3, dtype=torch.uint8)
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
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(without_traces(model).SerializeToString())
    return check_parity(module, path)


def check_parity(module: Exported, path: Path) -> float:
    """The largest difference between network and file over a few sizes of noise pictures."""
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
        raise RuntimeError(f"the exported file differs from the network by {worst:.4f}")
    return worst
