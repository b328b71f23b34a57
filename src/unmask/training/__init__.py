"""Training: labeled images and a recipe become one model file with its card. The only package that imports torch.

>>> from unmask import Dataset, Recipe, train
>>> card = train(Dataset.load("faces/"), Recipe.load("cnn3"), output="runs/first")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from unmask.errors import MissingExtra
from unmask.training.config import Recipe

if TYPE_CHECKING:
    from unmask.training.data.pseudo_fakes import self_blend as self_blend
    from unmask.training.ensembles import ensemble as ensemble
    from unmask.training.importing import import_model as import_model
    from unmask.training.pipeline import train as train

_HOMES = {
    "ensemble": "unmask.training.ensembles",
    "train": "unmask.training.pipeline",
    "import_model": "unmask.training.importing",
    "self_blend": "unmask.training.data.pseudo_fakes",
}
_EXTRA = ("torch", "onnx", "onnxscript", "matplotlib")

__all__ = ["Recipe", "ensemble", "import_model", "self_blend", "train"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'unmask.training' has no attribute {name!r}")
    try:
        return getattr(import_module(_HOMES[name]), name)
    except ModuleNotFoundError as error:
        if error.name in _EXTRA:
            raise MissingExtra("training and importing models", "train") from error
        raise
