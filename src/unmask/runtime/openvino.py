"""Inference with OpenVINO in 32-bit floating point; its default of bfloat16 would change the scores."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.errors import BadModelFile, MissingExtra
from unmask.runtime.session import Session

_TYPES = {"u8": "tensor(uint8)", "f32": "tensor(float)", "i64": "tensor(int64)", "i32": "tensor(int32)"}


class OpenVinoSession(Session):
    """A model in OpenVINO with one inference request per thread."""

    def __init__(self, model: Any, compiled: Any) -> None:
        self._compiled = compiled
        self._requests = threading.local()
        self.metadata = _metadata(model)
        self.inputs = {port.any_name: _shape(port) for port in model.inputs}
        self.input_types = {port.any_name: _type(port) for port in model.inputs}
        self.outputs = {port.any_name: _shape(port) for port in model.outputs}

    def run(self, **inputs: NDArray[Any]) -> dict[str, NDArray[np.float32]]:
        """All outputs by name for the given inputs."""
        if not hasattr(self._requests, "own"):
            self._requests.own = self._compiled.create_infer_request()
        results = self._requests.own.infer(inputs, share_inputs=True)
        return {port.any_name: np.array(values) for port, values in results.items()}


def _metadata(model: Any) -> dict[str, str]:
    """The metadata of the ONNX file, which OpenVINO stores under `framework`."""
    stored = model.get_rt_info()
    return {name: value.astype(str) for name, value in stored["framework"].items()} if "framework" in stored else {}


def _shape(port: Any) -> list[int | str]:
    return [axis.get_length() if axis.is_static else f"axis {number}" for number, axis in enumerate(port.partial_shape)]


def _type(port: Any) -> str:
    name: str = port.element_type.get_type_name()
    return _TYPES.get(name, name)


def open_openvino(model: bytes, threads: int | None) -> OpenVinoSession:
    """Load an ONNX model from its bytes into OpenVINO.

    Raises:
        BadModelFile: the bytes are not an ONNX model that the engine can run.
        MissingExtra: OpenVINO is not installed.
    """
    try:
        import openvino
    except ImportError:
        raise MissingExtra("the engine openvino", "openvino") from None
    options: dict[str, Any] = {
        "INFERENCE_PRECISION_HINT": "f32",
        "PERFORMANCE_HINT": "LATENCY",
        "ENABLE_CPU_PINNING": False,
    }
    if threads is not None:
        options |= {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1}
    core = openvino.Core()
    try:
        read = core.read_model(model, b"")
        return OpenVinoSession(read, core.compile_model(read, "CPU", options))
    except RuntimeError as error:
        reason = next((line for line in str(error).splitlines() if line.strip()), "unknown")
        raise BadModelFile(f"not a model OpenVINO can run: {reason.strip()}") from error
