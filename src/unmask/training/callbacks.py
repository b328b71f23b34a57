"""What happens beside learning: keeping the best weights, stopping early, slowing down, writing things down.

A callback is told of the start, every step, every epoch and the end. Whatever it has to remember when a run is
interrupted goes through `state` and `restore`; callbacks that write do so in the main process only.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unmask.errors import MissingExtra, TrainingError
from unmask.training.run import Record, Run, load, save

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID


class Callback:
    """Does nothing; subclasses override what they need."""

    def on_start(self, run: Run) -> None:
        """Before the first step of this process."""

    def on_step(self, run: Run) -> None:
        """After every step."""

    def on_epoch(self, run: Run, record: Record) -> None:
        """After every epoch; `record` is the row just added to the history."""

    def on_end(self, run: Run) -> None:
        """After the last epoch."""

    def close(self) -> None:
        """When the run is left, in order or by an error."""

    def state(self) -> dict[str, Any]:
        """What must outlive an interruption."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what `state` gave."""


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


class History(Callback):
    """Writes the history as CSV, one row per epoch; written anew each time, so it is always whole."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_epoch(self, run: Run, record: Record) -> None:
        """Write all rows."""
        if run.place.main:
            with self.path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, list(record))
                writer.writeheader()
                writer.writerows(run.history)


class TensorBoard(Callback):
    """Writes every epoch's figures for TensorBoard.

    Raises:
        MissingExtra: the `tensorboard` package is not installed.
    """

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard.writer import SummaryWriter
        except ImportError as error:
            raise MissingExtra("--tensorboard", "tensorboard") from error
        self._writer = SummaryWriter(str(folder))  # type: ignore[no-untyped-call]

    def on_epoch(self, run: Run, record: Record) -> None:
        """Write each figure under its name."""
        for name, value in record.items():
            self._writer.add_scalar(name, value, run.epoch)  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Close the file."""
        self._writer.close()  # type: ignore[no-untyped-call]


class Progress(Callback):
    """A progress bar with loss, rate and remaining time, and one line for every epoch, on stderr."""

    def __init__(self) -> None:
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def on_start(self, run: Run) -> None:
        """Show the bar."""
        from rich import progress
        from rich.console import Console

        columns = (
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TextColumn("{task.fields[loss]} {task.fields[rate]}"),
            progress.TimeElapsedColumn(),
            progress.TextColumn("left"),
            progress.TimeRemainingColumn(),
        )
        self._bar = progress.Progress(*columns, console=Console(stderr=True), transient=True)
        total = run.recipe.fit.epochs * run.steps_per_epoch
        self._task = self._bar.add_task(self._title(run), total=total, completed=run.step, loss="", rate="")
        self._began, self._first = time.monotonic(), run.step
        self._bar.start()

    def on_step(self, run: Run) -> None:
        """Move on; the loss is read from the device every tenth step."""
        assert self._bar is not None and self._task is not None
        self._bar.update(self._task, completed=run.step, description=self._title(run))
        if run.step % 10 == 0:
            rate = (run.step - self._first) * run.recipe.fit.batch_size / (time.monotonic() - self._began)
            loss = float(run.losses) / max(1, run.first_step)
            self._bar.update(self._task, loss=f"loss {loss:.4f}", rate=f"{rate:.0f} pictures/s")

    def on_epoch(self, run: Run, record: Record) -> None:
        """One line."""
        assert self._bar is not None
        figures = "  ".join(f"{name} {value:.4g}" for name, value in record.items() if name != "epoch" and "/" not in name)
        self._bar.console.print(f"epoch {run.epoch}/{run.recipe.fit.epochs}  {figures}", highlight=False)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()

    @staticmethod
    def _title(run: Run) -> str:
        return f"epoch {min(run.epoch + 1, run.recipe.fit.epochs)}/{run.recipe.fit.epochs}"
