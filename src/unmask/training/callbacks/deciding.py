"""Callbacks that follow one figure of the history: keep the best weights, stop early, slow down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from unmask.errors import TrainingError
from unmask.training.callbacks.base import Callback
from unmask.training.run import Record, Run, load, save


class Watcher(Callback):
    """Follows one figure of the history and knows when it was last better than before."""

    def __init__(self, monitor: str, min_delta: float = 0.0) -> None:
        self.monitor, self.min_delta = monitor, min_delta
        self.best: float | None = None
        self.waited = 0

    def improved(self, record: Record) -> bool:
        """Whether this epoch is the best so far; counts the epochs since the last such one.

        Raises:
            TrainingError: the history has no such figure.
        """
        if self.monitor not in record:
            raise TrainingError(f"fit.monitor: no {self.monitor!r} in the history; one of {', '.join(record)}")
        value = -record[self.monitor] if self.monitor.endswith("loss") else record[self.monitor]
        if self.best is None or value > self.best + self.min_delta:
            self.best, self.waited = value, 0
            return True
        self.waited += 1
        return False

    def state(self) -> dict[str, Any]:
        """The best value and the epochs since."""
        return {"best": self.best, "waited": self.waited}

    def restore(self, state: dict[str, Any]) -> None:
        """Take them up."""
        self.best, self.waited = state["best"], state["waited"]


class BestWeights(Watcher):
    """Keeps the averaged weights of the best epoch in a file, and puts them back at the end."""

    def __init__(self, path: Path, monitor: str) -> None:
        super().__init__(monitor)
        self.path = path

    def on_epoch(self, run: Run, record: Record) -> None:
        """Save a best epoch's weights."""
        if self.improved(record) and run.place.main:
            save(run.average.state_dict(), self.path)

    def on_end(self, run: Run) -> None:
        """The run's average becomes the best there was."""
        run.place.wait()
        run.average.load_state_dict(load(self.path))


class EarlyStopping(Watcher):
    """Ends a run after `patience` epochs without progress."""

    def __init__(self, monitor: str, patience: int, min_delta: float = 0.0) -> None:
        super().__init__(monitor, min_delta)
        self.patience = patience

    def on_epoch(self, run: Run, record: Record) -> None:
        """Ask for the end when patience is."""
        if not self.improved(record) and self.waited >= self.patience:
            run.stop = True


class ReduceOnPlateau(Watcher):
    """Multiplies the learning rate by `factor` after `patience` epochs without progress, and waits again."""

    def __init__(self, monitor: str, patience: int, factor: float, min_delta: float = 0.0) -> None:
        super().__init__(monitor, min_delta)
        self.patience, self.factor = patience, factor

    def on_epoch(self, run: Run, record: Record) -> None:
        """Slow down when patience is at its end."""
        if not self.improved(record) and self.waited >= self.patience:
            run.rate_factor *= self.factor
            self.waited = 0
