"""Callbacks that control a run: best weights, early stopping, learning rate on plateau.

Values that a resumed run needs go through `state_dict` and `load_state_dict`. Callbacks write files only in the main
process. `checkpoint` saves the run, and `loggers` holds the callbacks that report.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from unmask.errors import TrainingError
from unmask.training.engine.state import Record, TrainState, load, save


class Callback:
    """Base class; every hook does nothing."""

    def on_start(self, state: TrainState) -> None:
        """Called before the first step of this process."""

    def on_step(self, state: TrainState) -> None:
        """Called after every step."""

    def on_epoch(self, state: TrainState, record: Record) -> None:
        """Called after every epoch; `record` is the new last row of the history."""

    def on_end(self, state: TrainState) -> None:
        """Called after the last epoch."""

    def close(self) -> None:
        """Called when training ends, normally or by an error."""

    def state_dict(self) -> dict[str, Any]:
        """Values that a resumed run needs."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the values of `state_dict`."""


class MetricMonitor(Callback):
    """Follows one column of the history and counts the epochs since its best value."""

    def __init__(self, monitor: str, min_delta: float = 0.0) -> None:
        self.monitor, self.min_delta = monitor, min_delta
        self.best: float | None = None
        self.epochs_since_best = 0

    def improved(self, record: Record) -> bool:
        """Whether this epoch is the best so far; updates the count.

        Raises:
            TrainingError: the history has no such column.
        """
        if self.monitor not in record:
            columns = ", ".join(record)
            raise TrainingError(f"fit.monitor: the history has no column {self.monitor!r}; use one of {columns}")
        value = -record[self.monitor] if self.monitor.endswith("loss") else record[self.monitor]
        if self.best is None or value > self.best + self.min_delta:
            self.best, self.epochs_since_best = value, 0
            return True
        self.epochs_since_best += 1
        return False

    def state_dict(self) -> dict[str, Any]:
        """The best value, and the number of epochs since it was reached."""
        return {"best": self.best, "epochs_since_best": self.epochs_since_best}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the best value, and the number of epochs since it was reached."""
        self.best, self.epochs_since_best = state["best"], state["epochs_since_best"]


class BestWeights(MetricMonitor):
    """Saves the averaged weights of the best epoch and restores them at the end."""

    def __init__(self, path: Path, monitor: str) -> None:
        super().__init__(monitor)
        self.path = path

    def on_epoch(self, state: TrainState, record: Record) -> None:
        """Save the averaged weights if the epoch is the best so far."""
        if self.improved(record) and state.distributed.main:
            save(state.ema_model.state_dict(), self.path)

    def on_end(self, state: TrainState) -> None:
        """Load the best averaged weights."""
        state.distributed.barrier()
        state.ema_model.load_state_dict(load(self.path))


class EarlyStopping(MetricMonitor):
    """Stops a run after `patience` epochs without improvement, but not before `min_epochs` epochs."""

    def __init__(self, monitor: str, patience: int, min_delta: float = 0.0, min_epochs: int = 0) -> None:
        super().__init__(monitor, min_delta)
        self.patience, self.min_epochs = patience, min_epochs

    def on_epoch(self, state: TrainState, record: Record) -> None:
        """Stop the run if the metric has not improved for `patience` epochs."""
        if not self.improved(record) and self.epochs_since_best >= self.patience and state.epoch >= self.min_epochs:
            state.stop = True


class ReduceOnPlateau(MetricMonitor):
    """Multiplies the learning rate by `factor` after `patience` epochs without improvement, then counts anew."""

    def __init__(self, monitor: str, patience: int, factor: float, min_delta: float = 0.0) -> None:
        super().__init__(monitor, min_delta)
        self.patience, self.factor = patience, factor

    def on_epoch(self, state: TrainState, record: Record) -> None:
        """Reduce the learning rate if the metric has not improved for `patience` epochs."""
        if not self.improved(record) and self.epochs_since_best >= self.patience:
            state.rate_factor *= self.factor
            self.epochs_since_best = 0
