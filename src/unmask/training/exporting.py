"""From a trained network to the one model file: normalisation inside, `pixels` in, `logit` and `cam` out."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from unmask.errors import TrainingError
from unmask.runtime import Session, open_session
from unmask.training.architectures.building import logit_of

if TYPE_CHECKING:
    from onnx import ModelProto

OPSET = 18
TOLERANCE = 1e-4


class ModelFile(nn.Module):
    """A network as it is used: uint8 pixels `[N, H, W, 3]` to logit `[N]` and, if it has one, map `[N, h, w]`."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """The outputs of the model file."""
        output = self.network(pixels.permute(0, 3, 1, 2).float() / 127.5 - 1.0)
        logit = logit_of(output)
        return (logit, output) if output.ndim == 3 else (logit,)


def export(network: nn.Module, size: int, path: Path) -> None:
    """Write a network as an ONNX file with a free batch size; it has no card yet.

    Args:
        network: trained; it is copied to the CPU in evaluation mode.
        size: side of the input in pixels.
        path: of the file; written whole or not at all.
    """
    plain = network.cpu().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    wrapped = ModelFile(plain).eval()
    example = torch.zeros(2, size, size, 3, dtype=torch.uint8)
    with torch.inference_mode():
        names = ["logit", "cam"][: len(wrapped(example))]
    with _quietly():
        program = torch.onnx.export(
            wrapped,
            (example,),
            input_names=["pixels"],
            output_names=names,
            dynamic_shapes={"pixels": {0: torch.export.Dim("N", min=1, max=65_536)}},
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    write_whole(path, without_traces(program.model_proto).SerializeToString())


def without_traces(model: ModelProto) -> ModelProto:
    """The model without what the exporter notes of the machine it ran on: file names, stack traces, class names."""
    graph = model.graph
    for part in (graph, *graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    return model


def check_parity(network: nn.Module, path: Path, pixels: NDArray[np.uint8], tolerance: float = TOLERANCE) -> float:
    """Largest difference between the network and its file on some pictures, one by one and together.

    Args:
        network: what was exported.
        path: the file.
        pixels: uint8 `[N, size, size, 3]`.
        tolerance: largest difference allowed, relative to scores beyond 1.

    Raises:
        TrainingError: they differ by more.
    """
    session = open_session(path.read_bytes(), threads=1)
    with torch.inference_mode():
        outputs = [output.numpy() for output in ModelFile(network.cpu()).eval()(torch.from_numpy(pixels))]
    together = list(session.run(pixels=pixels).values())
    alone = np.concatenate([session.run(pixels=pixels[index : index + 1])["logit"] for index in range(len(pixels))])
    pairs = [*zip(together, outputs, strict=True), (alone, outputs[0])]
    gap = max(float(np.max(np.abs(a - b) / np.maximum(1.0, np.abs(b)))) for a, b in pairs)
    if not gap <= tolerance:
        raise TrainingError(f"the exported file differs from the network by {gap:.2g}, more than {tolerance:g}")
    return gap


def write_card(path: Path, key: str, text: str) -> None:
    """Put a text into a model file's metadata under `key`, replacing what was there."""
    import onnx

    model = onnx.load(path)
    kept = {entry.key: entry.value for entry in model.metadata_props} | {key: text}
    onnx.helper.set_model_props(model, kept)
    write_whole(path, model.SerializeToString())


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(data)
    partial.replace(path)


def open_file(path: Path, threads: int | None = None) -> Session:
    """The file, ready to run."""
    return open_session(path.read_bytes(), threads=threads)


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Without the exporter's own messages."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
