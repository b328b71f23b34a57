"""The only room that knows an inference engine."""

from __future__ import annotations

from unmask.runtime.onnx import Session, open_session

__all__ = ["Session", "open_session"]
