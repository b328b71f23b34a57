"""What a callback is: told of the start, every step, every epoch and the end of a run."""

from __future__ import annotations

from typing import Any

from unmask.training.run import Record, Run


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
