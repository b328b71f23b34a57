"""The only room that knows an inference engine."""

from __future__ import annotations

from unmask.errors import UsageError
from unmask.runtime.onnx import open_onnx
from unmask.runtime.openvino import open_openvino
from unmask.runtime.session import Session

__all__ = ["ENGINES", "Session", "open_session"]

ENGINES = ("auto", "onnx", "openvino")
"""`auto` is `onnx`: nothing measured on the shipped models was quicker at the same scores."""


def open_session(model: bytes, *, engine: str = "auto", threads: int | None = None) -> Session:
    """Load an ONNX model from its bytes.

    Args:
        model: the file's content.
        engine: one of `ENGINES`.
        threads: CPU threads for one run; None lets the engine choose.

    Raises:
        BadModelFile: the bytes are no ONNX model this engine can run.
        UsageError: no such engine.
        MissingExtra: the engine is not installed.
    """
    if engine not in ENGINES:
        raise UsageError(f"unknown engine {engine!r}; one of {', '.join(ENGINES)}")
    return open_openvino(model, threads) if engine == "openvino" else open_onnx(model, threads)
