"""The output folder of a training run: its file names, its lock, and the checks before a run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unmask._files import locked as file_lock
from unmask.errors import TrainingError
from unmask.training.config import Recipe
from unmask.training.config_io import to_toml
from unmask.zoo import hashes_name


@dataclass(frozen=True, slots=True)
class RunDir:
    """Output folder of a run.

    Attributes:
        path: path of the folder.
    """

    path: Path

    @property
    def model(self) -> Path:
        """The finished model file."""
        return self.path / "model.onnx"

    @property
    def draft(self) -> Path:
        """The exported model file before its card is complete."""
        return self.path / "draft.onnx"

    @property
    def int8(self) -> Path:
        """The 8-bit variant of the model file."""
        return self.path / "model-int8.onnx"

    @property
    def hashes(self) -> Path:
        """Perceptual hashes of the training images, beside the model file."""
        return self.path / hashes_name(self.model.name)

    @property
    def checkpoint(self) -> Path:
        """The checkpoint a run is resumed from."""
        return self.path / "last.pt"

    @property
    def best(self) -> Path:
        """The averaged weights of the best epoch."""
        return self.path / "best.pt"

    @property
    def history(self) -> Path:
        """The history, one row per epoch."""
        return self.path / "history.csv"

    @property
    def curves(self) -> Path:
        """Charts of the history."""
        return self.path / "curves.png"

    @property
    def grid(self) -> Path:
        """Calibration images with true and predicted labels."""
        return self.path / "validation.png"

    @property
    def splits(self) -> Path:
        """Manifest of the splits."""
        return self.path / "splits.csv"

    @property
    def tensorboard(self) -> Path:
        """Folder of the TensorBoard log."""
        return self.path / "tensorboard"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Create the folder and lock it against other runs.

        Raises:
            TrainingError: another run has locked the folder, or it is not writable.
        """
        with ExitStack() as held:
            try:
                self.path.mkdir(parents=True, exist_ok=True)
                held.enter_context(file_lock(held.enter_context((self.path / ".lock").open("a")), wait=False))
            except BlockingIOError:
                raise TrainingError(f"another run is writing into {self.path}; choose another --output") from None
            except OSError as error:
                raise TrainingError(f"{self.path}: cannot be written to ({error.strerror})") from error
            yield

    def prepare(self, recipe: Recipe, *, resume: bool) -> None:
        """Check that a run may start here, and save its recipe.

        Raises:
            TrainingError: the folder holds a finished model, or a run and `resume` is False.
        """
        if self.checkpoint.exists() and not resume:
            raise TrainingError(f"{self.path} holds a run already; add --resume, or choose another --output")
        if self.model.exists() and not self.checkpoint.exists():
            raise TrainingError(f"{self.path} holds a finished model; choose another --output")
        if not self.checkpoint.exists():
            (self.path / "recipe.toml").write_text(to_toml(recipe.to_dict()), encoding="utf-8")

    def write_json(self, name: str, data: Any) -> None:
        """Save plain values as indented JSON."""
        (self.path / name).write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
