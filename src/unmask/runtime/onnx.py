"""Inference with ONNX Runtime."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.errors import BadModelFile, BrokenEngine
from unmask.runtime.providers import BATCH, check_provider, providers_for
from unmask.runtime.session import Session


class OnnxSession(Session):
    """A model in ONNX Runtime.

    Attributes:
        batch: rows that run together; 1 on a CPU.
    """

    def __init__(self, session: Any, batch: int = 1) -> None:
        self._session = session
        self.batch = batch
        self.metadata = dict(session.get_modelmeta().custom_metadata_map)
        self.inputs = {i.name: list(i.shape) for i in session.get_inputs()}
        self.input_types = {i.name: i.type for i in session.get_inputs()}
        self.outputs = {o.name: list(o.shape) for o in session.get_outputs()}
        self._names = list(self.outputs)

    def run(self, **inputs: NDArray[Any]) -> dict[str, NDArray[np.float32]]:
        """All outputs by name for the given inputs."""
        return dict(zip(self._names, self._session.run(None, inputs), strict=True))

    def run_each(self, **inputs: NDArray[Any]) -> dict[str, NDArray[np.float32]]:
        """All outputs for inputs with N rows each: one row at a time on a CPU, batches on a device."""
        count = len(next(iter(inputs.values())))
        if self.batch == 1 or count < 2:
            return super().run_each(**inputs)
        starts = range(0, count, self.batch)
        batches = [{name: array[start : start + self.batch] for name, array in inputs.items()} for start in starts]
        found = [self.run(**batch) for batch in batches]
        return {name: np.concatenate([outputs[name] for outputs in found]) for name in self.outputs}


def open_onnx(model: bytes, threads: int | None, engine: str = "cpu") -> OnnxSession:
    """Load an ONNX model from its bytes into ONNX Runtime.

    Args:
        model: bytes of the model file.
        threads: CPU threads for one run; None uses the engine's default.
        engine: `cpu`, or a device of `PROVIDERS`; without the device, the CPU is used and the log states it.

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
        session = onnxruntime.InferenceSession(model, options, providers=providers_for(engine))
    except Exception as error:
        raise BadModelFile(f"not a usable ONNX model: {str(error).splitlines()[0]}") from error
    return OnnxSession(session, BATCH if check_provider(engine, session) else 1)
