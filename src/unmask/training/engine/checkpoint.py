"""The checkpoint of a run: the callback that saves it, and the way to resume from it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from unmask.errors import TrainingError
from unmask.training.engine.callbacks import Callback
from unmask.training.engine.state import Record, TrainState, load, save


class Checkpoint(Callback):
    """Saves the whole run after every epoch and every few minutes, so that it can be resumed.

    Args:
        path: path of the checkpoint.
        others: callbacks whose values are saved too.
        run_fingerprint: recipe and data of the run; a run with other values is not resumed.
        seconds: time between checkpoints within an epoch.
    """

    def __init__(
        self, path: Path, others: Sequence[Callback], run_fingerprint: dict[str, Any], *, seconds: float = 300.0
    ) -> None:
        self.path, self.others, self.seconds = path, others, seconds
        self.run_fingerprint = run_fingerprint
        self._last = time.monotonic()

    def resume(self, state: TrainState) -> None:
        """Restore the run of the checkpoint.

        Raises:
            TrainingError: the checkpoint belongs to a run with another recipe or other data, or to an older version.
        """
        saved = load(self.path)
        if "state" not in saved:
            raise TrainingError(f"{self.path} is of an older version of unmask; delete it, or use another --output")
        for key, value in self.run_fingerprint.items():
            if saved["about"][key] != value:
                raise TrainingError(f"{self.path} is of a run with another {key}; use another --output, or delete it")
        state.load_state_dict(saved["state"])
        for callback, values in zip(self.others, saved["callbacks"], strict=True):
            callback.load_state_dict(values)

    def on_step(self, state: TrainState) -> None:
        """Save if the last checkpoint is old enough."""
        if time.monotonic() - self._last >= self.seconds:
            self._save(state)

    def on_epoch(self, state: TrainState, record: Record) -> None:
        """Save."""
        self._save(state)

    def _save(self, state: TrainState) -> None:
        self._last = time.monotonic()
        if state.distributed.main:
            callbacks = [callback.state_dict() for callback in self.others]
            save({"state": state.state_dict(), "callbacks": callbacks, "about": self.run_fingerprint}, self.path)
