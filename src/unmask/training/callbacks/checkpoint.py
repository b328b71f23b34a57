"""The callback that lets an interrupted run go on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from unmask.errors import TrainingError
from unmask.training.callbacks.base import Callback
from unmask.training.run import Record, Run, load, save


class Checkpoint(Callback):
    """Writes the whole run to a file after every epoch and every few minutes, so that it can go on from there."""

    def __init__(self, path: Path, others: Sequence[Callback], about: dict[str, Any], seconds: float = 300.0) -> None:
        self.path, self.others, self.about, self.seconds = path, others, about, seconds
        self._last = time.monotonic()

    def resume(self, run: Run) -> None:
        """Take up the run the file holds.

        Raises:
            TrainingError: it is another run's: other recipe or other data.
        """
        state = load(self.path)
        for key, value in self.about.items():
            if state["about"][key] != value:
                raise TrainingError(f"{self.path} is of a run with another {key}; use another --output, or delete it")
        run.restore(state["run"])
        for callback, kept in zip(self.others, state["callbacks"], strict=True):
            callback.restore(kept)

    def on_step(self, run: Run) -> None:
        """Write when it is time."""
        if time.monotonic() - self._last >= self.seconds:
            self._write(run)

    def on_epoch(self, run: Run, record: Record) -> None:
        """Write."""
        self._write(run)

    def _write(self, run: Run) -> None:
        self._last = time.monotonic()
        if run.place.main:
            states = [callback.state() for callback in self.others]
            save({"run": run.state(), "callbacks": states, "about": self.about}, self.path)
