"""Training: from labelled pictures and a recipe to one model file with an honest card. The only room that knows torch.

>>> from unmask.datasets import Dataset
>>> from unmask.training import Recipe, train
>>> card = train(Dataset.load("faces/"), Recipe.load("cnn3"), output="runs/first")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from unmask.errors import MissingExtra
from unmask.training.config import Recipe

if TYPE_CHECKING:
    from unmask.training.ensembles import ensemble as ensemble
    from unmask.training.importing import import_model as import_model
    from unmask.training.pipeline import train as train

_HOMES = {
    "ensemble": "unmask.training.ensembles",
    "train": "unmask.training.pipeline",
    "import_model": "unmask.training.importing",
}
_EXTRA = ("torch", "onnx", "onnxscript", "matplotlib")

__all__ = ["Recipe", "ensemble", "import_model", "train"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'unmask.training' has no attribute {name!r}")
    try:
        return getattr(import_module(_HOMES[name]), name)
    except ModuleNotFoundError as error:
        if error.name in _EXTRA:
            raise MissingExtra("training and importing models", "train") from error
        raise
