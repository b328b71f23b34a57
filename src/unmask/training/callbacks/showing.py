"""The callback that shows a person how far a run is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from unmask.training.callbacks.base import Callback
from unmask.training.run import Record, Run

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID


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
        console = Console(stderr=True)
        self._bar = progress.Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        total = run.recipe.fit.epochs * run.steps_per_epoch
        self._task = self._bar.add_task(self._title(run), total=total, completed=run.step, loss="", rate="")
        self._began, self._first = time.monotonic(), run.step
        self._bar.start()

    def on_step(self, run: Run) -> None:
        """Move on; the loss is read from the device every tenth step."""
        assert self._bar is not None
        assert self._task is not None
        self._bar.update(self._task, completed=run.step, description=self._title(run))
        if run.step % 10 == 0:
            rate = (run.step - self._first) * run.recipe.fit.batch_size / (time.monotonic() - self._began)
            loss = float(run.losses) / max(1, run.first_step)
            self._bar.update(self._task, loss=f"loss {loss:.4f}", rate=f"{rate:.0f} pictures/s")

    def on_epoch(self, run: Run, record: Record) -> None:
        """One line."""
        assert self._bar is not None
        shown = {name: value for name, value in record.items() if name != "epoch" and "/" not in name}
        figures = "  ".join(f"{name} {value:.4g}" for name, value in shown.items())
        text = f"epoch {run.epoch}/{run.recipe.fit.epochs}  {figures}"
        self._bar.console.print(text, highlight=False, soft_wrap=True)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()

    @staticmethod
    def _title(run: Run) -> str:
        return f"epoch {min(run.epoch + 1, run.recipe.fit.epochs)}/{run.recipe.fit.epochs}"
