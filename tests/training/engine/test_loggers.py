from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from tests.training.engine.small_run import new_state, scripted, train
from unmask.progress import stderr_console
from unmask.training.console import Console
from unmask.training.engine.loggers import CsvLogger, ProgressLogger, TensorBoardLogger


def test_the_history_has_one_row_for_each_epoch(tmp_path: Path) -> None:
    train(new_state(), [CsvLogger(tmp_path / "history.csv")], scripted(0.1, 0.2, 0.3, 0.4))
    rows = list(csv.DictReader((tmp_path / "history.csv").open()))
    assert [row["auc"] for row in rows] == ["0.1", "0.2", "0.3", "0.4"]
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]


def test_tensorboard_logs_every_figure(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    train(new_state(), [TensorBoardLogger(tmp_path)], scripted(0.1, 0.2, 0.3, 0.4))
    events = EventAccumulator(str(tmp_path)).Reload()
    assert [round(event.value, 4) for event in events.Scalars("auc")] == [0.1, 0.2, 0.3, 0.4]


def test_every_epoch_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    train(new_state(), [ProgressLogger(Console(True))], scripted(0.1, 0.2, 0.3, 0.4))
    lines = capsys.readouterr().err
    assert "epoch 4/4" in lines
    assert "auc 0.4" in lines


def test_a_terminal_shows_a_bar_with_the_remaining_time(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "160")
    stderr_console.cache_clear()
    try:
        train(new_state(), [ProgressLogger(Console(True))], scripted(0.1, 0.2, 0.3, 0.4))
    finally:
        stderr_console.cache_clear()
    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", capsys.readouterr().err)
    assert re.search(r"20/20\s+\d+:\d\d:\d\d", shown)
