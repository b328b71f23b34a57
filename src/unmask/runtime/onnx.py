"""ONNX Runtime behind a small face: open a model, read its metadata, run arrays through it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.errors import BadModelFile


class Session:
    """A loaded model. Thread-safe: ONNX Runtime lets several threads run one session.

    Attributes:
        metadata: the file's free-form metadata.
        inputs, outputs: name to shape; a dimension is a number, or a name where it is free.
        input_types: name to element type, such as `tensor(uint8)`.
    """

    def __init__(self, session: Any) -> None:
        self._session = session
        self.metadata: Mapping[str, str] = dict(session.get_modelmeta().custom_metadata_map)
        self.inputs: Mapping[str, list[int | str]] = {i.name: list(i.shape) for i in session.get_inputs()}
        self.input_types: Mapping[str, str] = {i.name: i.type for i in session.get_inputs()}
        self.outputs: Mapping[str, list[int | str]] = {o.name: list(o.shape) for o in session.get_outputs()}
        self._names = list(self.outputs)

    def run(self, **inputs: NDArray[Any]) -> dict[str, NDArray[np.float32]]:
        """All outputs by name for the given inputs."""
        return dict(zip(self._names, self._session.run(None, inputs), strict=True))


def open_onnx(model: bytes, threads: int | None) -> Session:
    """Load an ONNX model from its bytes into ONNX Runtime.

    Raises:
        BadModelFile: the bytes are no ONNX model this engine can run.
    """
    import onnxruntime

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
    return Session(session)
