"""Callbacks that report a run: history as CSV, TensorBoard, MLflow, and progress on stderr."""

from __future__ import annotations

import csv
import io
import time
from contextlib import ExitStack
from pathlib import Path

from unmask._files import write_atomic
from unmask.errors import MissingExtra
from unmask.mlflow_tracking import MlflowRun
from unmask.progress import Progress, no_progress
from unmask.training.config import Recipe
from unmask.training.console import Console
from unmask.training.engine.callbacks import BestWeights, Callback, EarlyStopping, ReduceOnPlateau
from unmask.training.engine.state import Record, TrainState
from unmask.training.run_dir import RunDir


class CsvLogger(Callback):
    """Writes the history as CSV, one row per epoch; the file is replaced atomically."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_epoch(self, state: TrainState, record: Record) -> None:
        """Write all rows."""
        if state.distributed.main:
            table = io.StringIO(newline="")
            writer = csv.DictWriter(table, list(record))
            writer.writeheader()
            writer.writerows(state.history)
            write_atomic(self.path, table.getvalue().encode())


class TensorBoardLogger(Callback):
    """Writes the figures of every epoch for TensorBoard.

    Raises:
        MissingExtra: the `tensorboard` package is not installed.
    """

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard.writer import SummaryWriter
        except ImportError as error:
            raise MissingExtra("--tensorboard", "tensorboard") from error
        self._writer = SummaryWriter(str(folder))

    def on_epoch(self, state: TrainState, record: Record) -> None:
        """Write each figure under its name."""
        for name, value in record.items():
            self._writer.add_scalar(name, value, state.epoch)

    def close(self) -> None:
        """Close the file."""
        self._writer.close()


class MlflowLogger(Callback):
    """Logs the figures of every epoch to an MLflow run; a resumed run logs only the epochs that MLflow lacks."""

    def __init__(self, run: MlflowRun) -> None:
        self._run = run

    def on_start(self, state: TrainState) -> None:
        """Log the epochs that were trained before."""
        for record in state.history:
            self._run.log_metrics(record, int(record["epoch"]))

    def on_epoch(self, state: TrainState, record: Record) -> None:
        """Log each figure under its name."""
        self._run.log_metrics(record, state.epoch)


class ProgressLogger(Callback):
    """Shows a progress bar with loss and images per second, and prints one line for every epoch."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._stack = ExitStack()
        self._progress: Progress = no_progress
        self._status = ""

    def on_start(self, state: TrainState) -> None:
        """Show the bar."""
        self._progress = self._stack.enter_context(self.console.progress_bar())
        self._started, self._first = time.monotonic(), state.step
        self._progress(self._title(state), 0, state.options.steps)

    def on_step(self, state: TrainState) -> None:
        """Advance the bar; the loss is read from the device every tenth step."""
        if state.step % 10 == 0:
            rate = (state.step - self._first) * state.options.batch_size / (time.monotonic() - self._started)
            loss = float(state.loss_sum) / max(1, state.epoch_step)
            self._status = f"  loss {loss:.4f}  {rate:.0f} images/s"
        self._progress(self._title(state), state.step, state.options.steps)

    def on_epoch(self, state: TrainState, record: Record) -> None:
        """Print the figures of the epoch."""
        shown = {name: value for name, value in record.items() if name != "epoch" and "/" not in name}
        figures = "  ".join(f"{name} {value:.4g}" for name, value in shown.items())
        self.console.log(f"epoch {state.epoch}/{state.options.epochs}  {figures}")

    def close(self) -> None:
        """Remove the bar."""
        self._stack.close()

    def _title(self, state: TrainState) -> str:
        return f"{describe_position(state)}{self._status}"


def describe_position(state: TrainState) -> str:
    """Epoch, and step within the epoch."""
    options = state.options
    if state.epoch == options.epochs:
        return f"epoch {state.epoch}/{options.epochs}"
    return f"epoch {state.epoch + 1}/{options.epochs}, step {state.epoch_step}/{options.steps_per_epoch}"


def callbacks_from(recipe: Recipe, run_dir: RunDir, monitor: str) -> list[Callback]:
    """The callbacks of a recipe whose values a resumed run needs.

    Args:
        recipe: early stopping and the reduction of the learning rate.
        run_dir: folder of the best weights and the history.
        monitor: column of the history that selects the best epoch.
    """
    config, schedule = recipe.fit, recipe.schedule
    min_epochs = config.epochs // 2 if config.monitor == "auto" and monitor != "auc" else 0
    callbacks: list[Callback] = [BestWeights(run_dir.best, monitor), CsvLogger(run_dir.history)]
    if config.patience:
        callbacks.append(EarlyStopping(monitor, config.patience, config.min_delta, min_epochs))
    if schedule.plateau_patience:
        patience, factor = schedule.plateau_patience, schedule.plateau_factor
        callbacks.append(ReduceOnPlateau(monitor, patience, factor, config.min_delta))
    return callbacks
