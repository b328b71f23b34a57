"""Inference with ONNX Runtime."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.errors import BadModelFile, BrokenEngine
from unmask.runtime.session import Session


class OnnxSession(Session):
    """A model in ONNX Runtime."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.metadata = dict(session.get_modelmeta().custom_metadata_map)
        self.inputs = {i.name: list(i.shape) for i in session.get_inputs()}
        self.input_types = {i.name: i.type for i in session.get_inputs()}
        self.outputs = {o.name: list(o.shape) for o in session.get_outputs()}
        self._names = list(self.outputs)

    def run(self, **inputs: NDArray[Any]) -> dict[str, NDArray[np.float32]]:
        """All outputs by name for the given inputs."""
        return dict(zip(self._names, self._session.run(None, inputs), strict=True))


def open_onnx(model: bytes, threads: int | None) -> OnnxSession:
    """Load an ONNX model from its bytes into ONNX Runtime.

    Raises:
        BadModelFile: the bytes are not an ONNX model that the engine can run.
        BrokenEngine: ONNX Runtime cannot be loaded.
    """
    try:
        import onnxruntime
    except ImportError as error:
        fix = "pip install --force-reinstall onnxruntime"
        raise BrokenEngine(f"ONNX Runtime cannot be loaded ({error}): {fix}") from error

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if threads is not None:
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise BadModelFile(f"not a usable ONNX model: {str(error).splitlines()[0]}") from error
    return OnnxSession(session)
