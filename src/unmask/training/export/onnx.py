"""ONNX export of a trained network: uint8 `pixels` in, `logit` and optional `cam` out, normalization inside."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from unmask._files import write_atomic
from unmask.composed_session import open_model
from unmask.runtime import Session
from unmask.training.models.factory import to_logit

if TYPE_CHECKING:
    from onnx import ModelProto

OPSET = 18


class ModelFile(nn.Module):
    """The graph of a model file: uint8 pixels `[N, H, W, 3]` to logit `[N]` and optional map `[N, h, w]`."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """The outputs of the model file."""
        output = self.network(pixels.permute(0, 3, 1, 2).float() / 127.5 - 1.0)
        logit = to_logit(output)
        return (logit, output) if output.ndim == 3 else (logit,)


def export(network: nn.Module, size: int, path: Path) -> None:
    """Write a network as an ONNX file with a dynamic batch size and without a card.

    Args:
        network: trained; it is moved to the CPU.
        size: side of the input in pixels.
        path: path of the file, written atomically.
    """
    plain = network.cpu().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    wrapped = ModelFile(plain).eval()
    example = torch.zeros(2, size, size, 3, dtype=torch.uint8)
    with torch.inference_mode():
        names = ["logit", "cam"][: len(wrapped(example))]
    with exporter_silenced():
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
    write_atomic(path, remove_exporter_notes(program.model_proto).SerializeToString())


def remove_exporter_notes(model: ModelProto) -> ModelProto:
    """The model without the exporter's file names, stack traces and class names."""
    graph = model.graph
    for part in (graph, *graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    return model


def write_metadata(path: Path, key: str, text: str) -> None:
    """Set one metadata entry of a model file; other entries stay."""
    import onnx

    model = onnx.load(path)
    entries = {entry.key: entry.value for entry in model.metadata_props} | {key: text}
    onnx.helper.set_model_props(model, entries)
    write_atomic(path, model.SerializeToString())


def open_file(path: Path, threads: int | None = None) -> Session:
    """An inference session of a model file."""
    return open_model(path.read_bytes(), threads=threads)


@contextlib.contextmanager
def exporter_silenced() -> Iterator[None]:
    """Suppresses the messages of the exporter."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
