"""Static quantization of a model file to 8-bit weights and activations with ONNX Runtime."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from unmask.errors import MissingExtra


def quantize(source: Path, target: Path, samples: Iterable[Mapping[str, NDArray[Any]]]) -> None:
    """Write an int8 variant of a float model.

    Weights become int8 per channel, activations uint8 with ranges measured on the samples. The last convolution or
    matrix product and the layers after it stay in floating point, because scores need more than 256 steps.

    Args:
        source: a floating-point model file.
        target: the int8 file to write.
        samples: batches of the model's inputs by name for calibration, similar to those in use.

    Raises:
        MissingExtra: a package for quantization is not installed.
    """
    try:
        import onnx
        from onnxruntime import quantization as q
    except ImportError as error:
        raise MissingExtra("int8 models", "train") from error

    class Reader(q.CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._batches = iter(samples)

        def get_next(self) -> Mapping[str, NDArray[Any]] | None:
            return next(self._batches, None)

    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.onnx"
        q.quant_pre_process(str(source), str(ready), skip_symbolic_shape=True)
        weighted = [node.name for node in onnx.load(ready).graph.node if node.op_type in ("Conv", "Gemm", "MatMul")]
        q.quantize_static(
            str(ready),
            str(target),
            Reader(),
            quant_format=q.QuantFormat.QDQ,
            op_types_to_quantize=["Conv", "Gemm", "MatMul", "Add", "MaxPool", "Concat", "Relu", "Clip"],
            nodes_to_exclude=weighted[-1:],
            per_channel=True,
            activation_type=q.QuantType.QUInt8,
            weight_type=q.QuantType.QInt8,
        )
