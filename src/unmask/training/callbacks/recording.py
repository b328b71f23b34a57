"""Callbacks that write the history down: as CSV and for TensorBoard."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from unmask.errors import MissingExtra
from unmask.training.callbacks.base import Callback
from unmask.training.exporting import write_whole
from unmask.training.run import Record, Run


class History(Callback):
    """Writes the history as CSV, one row per epoch; written beside it and moved, so it is always whole."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_epoch(self, run: Run, record: Record) -> None:
        """Write all rows."""
        if run.place.main:
            table = io.StringIO(newline="")
            writer = csv.DictWriter(table, list(record))
            writer.writeheader()
            writer.writerows(run.history)
            write_whole(self.path, table.getvalue().encode())


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
        self._writer = SummaryWriter(str(folder))

    def on_epoch(self, run: Run, record: Record) -> None:
        """Write each figure under its name."""
        for name, value in record.items():
            self._writer.add_scalar(name, value, run.epoch)

    def close(self) -> None:
        """Close the file."""
        self._writer.close()
