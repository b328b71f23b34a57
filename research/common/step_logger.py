"""A training callback that logs the means of a few figures every so many steps."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from unmask.progress import Progress, no_progress
from unmask.training.engine.callbacks import Callback
from unmask.training.engine.state import TrainState


class StepLogger(Callback):
    """Logs one line every `every` steps, and reports the progress of the run.

    Args:
        figures: returns the figures of the last step.
        every: steps in one line; the last line may have fewer.
        log: receives the lines.
        progress: receives the number of steps.
    """

    def __init__(
        self,
        figures: Callable[[], Mapping[str, float]],
        every: int,
        log: Callable[[str], None],
        progress: Progress = no_progress,
    ) -> None:
        self.figures, self.every, self.log, self.progress = figures, every, log, progress
        self._sums: dict[str, float] = {}
        self._count = 0

    def on_start(self, state: TrainState) -> None:
        """Start the clock."""
        self._started, self._first = time.monotonic(), state.step
        self.progress("training", state.step, state.options.steps)

    def on_step(self, state: TrainState) -> None:
        """Add the figures of the step; log their means if a line is due."""
        for name, value in self.figures().items():
            self._sums[name] = self._sums.get(name, 0.0) + value
        self._count += 1
        steps = state.options.steps
        self.progress("training", state.step, steps)
        if state.step % self.every == 0 or state.step == steps:
            rate = (state.step - self._first) * state.options.batch_size / (time.monotonic() - self._started)
            means = "  ".join(f"{name} {value / self._count:.4f}" for name, value in self._sums.items())
            self.log(f"step {state.step:,}/{steps:,}  {means}  {rate:.1f} images/s")
            self._sums, self._count = {}, 0
