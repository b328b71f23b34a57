"""Training: from labelled pictures and a recipe to one model file with an honest card. The only room that knows torch.

    >>> from unmask.datasets import Dataset
    >>> from unmask.training import Recipe, train
    >>> card = train(Dataset.load("faces/"), Recipe.load("cnn3"), output="runs/first")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from unmask.errors import MissingExtra
from unmask.training.recipe import Recipe

if TYPE_CHECKING:
    from unmask.training.pipeline import train as train

__all__ = ["Recipe", "train"]


def __getattr__(name: str) -> Any:
    if name != "train":
        raise AttributeError(f"module 'unmask.training' has no attribute {name!r}")
    try:
        from unmask.training.pipeline import train
    except ModuleNotFoundError as error:
        if error.name in ("torch", "onnx", "onnxscript", "matplotlib"):
            raise MissingExtra("training", "train") from error
        raise
    return train
