"""The folder of a run: what lies where, and when it may be written to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from unmask.errors import TrainingError
from unmask.training.reading import to_toml
from unmask.training.recipe import Recipe


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Names of everything a run writes.

    Attributes:
        path: of the folder.
    """

    path: Path

    @property
    def model(self) -> Path:
        """The model file; there only when the run is done."""
        return self.path / "model.onnx"

    @property
    def draft(self) -> Path:
        """A model file in the making; it moves to its place when its card is complete."""
        return self.path / "draft.onnx"

    @property
    def int8(self) -> Path:
        """Its quantised variant."""
        return self.path / "model-int8.onnx"

    @property
    def checkpoint(self) -> Path:
        """The whole state of an unfinished run."""
        return self.path / "last.pt"

    @property
    def best(self) -> Path:
        """The averaged weights of the best epoch."""
        return self.path / "best.pt"

    @property
    def history(self) -> Path:
        """One row for each epoch."""
        return self.path / "history.csv"

    @property
    def curves(self) -> Path:
        """The history as curves."""
        return self.path / "curves.png"

    @property
    def grid(self) -> Path:
        """Held-out pictures with what they are and what the model says."""
        return self.path / "validation.png"

    @property
    def splits(self) -> Path:
        """The split made for a data set that had none."""
        return self.path / "splits.csv"

    @property
    def tensorboard(self) -> Path:
        """Figures for TensorBoard."""
        return self.path / "tensorboard"

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Make the folder, and keep every other run out of it meanwhile.

        Raises:
            TrainingError: another run is writing there, or nobody may.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path / ".lock")
            lock.acquire(timeout=0)
        except Timeout:
            raise TrainingError(f"another run is writing into {self.path}; choose another --output") from None
        except OSError as error:
            raise TrainingError(f"{self.path}: cannot be written to ({error.strerror})") from error
        try:
            yield
        finally:
            lock.release()

    def open(self, recipe: Recipe, *, resume: bool) -> None:
        """Make the folder ready for a run and keep its recipe there.

        Raises:
            TrainingError: a run is in it already and is not to be resumed.
        """
        if self.checkpoint.exists() and not resume:
            raise TrainingError(f"{self.path} holds a run already; go on with --resume, or choose another --output")
        if self.model.exists() and not self.checkpoint.exists():
            raise TrainingError(f"{self.path} holds a finished model; choose another --output")
        if not self.checkpoint.exists():
            (self.path / "recipe.toml").write_text(to_toml(recipe.to_dict()), encoding="utf-8")

    def write_json(self, name: str, data: Any) -> None:
        """Keep plain values as readable JSON."""
        (self.path / name).write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
