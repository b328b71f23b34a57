"""Inference engines behind one interface; only this package imports them."""

from __future__ import annotations

from unmask.errors import UsageError
from unmask.runtime.onnx import open_onnx
from unmask.runtime.openvino import open_openvino
from unmask.runtime.providers import PROVIDERS, available_engines, usable_engine
from unmask.runtime.session import Session

__all__ = ["ENGINES", "PROVIDERS", "Session", "available_engines", "open_session", "usable_engine"]

ENGINES = ("auto", "onnx", "cpu", "openvino", *PROVIDERS)
"""`auto` and `cpu` use `onnx`, the fastest engine on a CPU for the shipped models among those with the same scores."""


def open_session(model: bytes, *, engine: str = "auto", threads: int | None = None) -> Session:
    """Load an ONNX model from its bytes.

    Args:
        model: bytes of the model file.
        engine: one of `ENGINES`.
        threads: CPU threads for one run; None uses the engine's default.

    Raises:
        BadModelFile: the bytes are not an ONNX model that the engine can run.
        UsageError: unknown engine.
        MissingExtra: the engine is not installed.
    """
    if engine not in ENGINES:
        raise UsageError(f"unknown engine {engine!r}; one of {', '.join(ENGINES)}")
    return open_openvino(model, threads) if engine == "openvino" else open_onnx(model, threads, engine)
