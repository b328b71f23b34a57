"""Parity check: the exported file against the network it was exported from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from unmask.errors import TrainingError
from unmask.runtime import open_session
from unmask.training.export.onnx import ModelFile

TOLERANCE = 1e-4


def check_parity(network: nn.Module, path: Path, pixels: NDArray[np.uint8], tolerance: float = TOLERANCE) -> float:
    """Largest difference between the outputs of a network and of its file, for single images and a batch.

    Args:
        network: that was exported.
        path: path of the file.
        pixels: uint8 `[N, size, size, 3]`.
        tolerance: largest allowed difference, relative for values beyond 1.

    Raises:
        TrainingError: the difference is larger than the tolerance.
    """
    session = open_session(path.read_bytes(), threads=1)
    with torch.inference_mode():
        outputs = [output.numpy() for output in ModelFile(network.cpu()).eval()(torch.from_numpy(pixels))]
    batch = list(session.run(pixels=pixels).values())
    single = np.concatenate([session.run(pixels=pixels[index : index + 1])["logit"] for index in range(len(pixels))])
    pairs = [*zip(batch, outputs, strict=True), (single, outputs[0])]
    gap = max(float(np.max(np.abs(a - b) / np.maximum(1.0, np.abs(b)))) for a, b in pairs)
    if not gap <= tolerance:
        raise TrainingError(f"the exported file differs from the network by {gap:.2g}, more than {tolerance:g}")
    return gap
