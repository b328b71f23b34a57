"""Import of external models: a trained ONNX or Keras network becomes a model file, after a check of its class order."""

from __future__ import annotations

from unmask.training.importing.conversion import ImportResult, import_model

__all__ = ["ImportResult", "import_model"]
