from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from tests.training.engine.small_run import (
    PLAIN_LOSS,
    SEED,
    STEPS,
    batches,
    flat_weights,
    new_state,
    train,
    weight_sum,
)
from unmask.errors import TrainingError
from unmask.training.config import LossConfig
from unmask.training.engine.callbacks import BestWeights, Callback, EarlyStopping, ReduceOnPlateau
from unmask.training.engine.checkpoint import Checkpoint
from unmask.training.engine.loggers import CsvLogger
from unmask.training.engine.loop import fit
from unmask.training.engine.losses import DetectorLoss
from unmask.training.engine.state import Record, TrainState

MIXUP_LOSS = DetectorLoss(LossConfig(mixup=0.3), SEED)


def test_training_lowers_the_loss() -> None:
    state = train(new_state(**{"fit.epochs": 8}))
    losses = [record["loss"] for record in state.history]
    assert losses[-1] < 0.6 * losses[0]
    assert state.step == 8 * STEPS


def test_averaged_weights_lag_behind_and_are_equal_without_decay() -> None:
    plain, averaged = (train(new_state(**{"fit.ema": decay})) for decay in (0.0, 0.9))
    assert torch.equal(flat_weights(plain.ema_model), flat_weights(plain.model))
    assert not torch.equal(flat_weights(averaged.ema_model), flat_weights(averaged.model))


@pytest.mark.parametrize("name", ["adamw", "adam", "sgd"])
def test_every_optimizer_lowers_the_loss(name: str) -> None:
    state = train(new_state(**{"optimizer.name": name, "fit.epochs": 6}))
    assert state.history[-1]["loss"] < state.history[0]["loss"]


@pytest.mark.parametrize("freeze", ["", "base"])
def test_a_frozen_base_keeps_its_batch_norm_statistics(freeze: str) -> None:
    state = new_state(**{"network.freeze": freeze, "fit.epochs": 1})
    before = state.model.state_dict()["network.1.running_mean"].clone()
    train(state)
    assert torch.equal(state.model.state_dict()["network.1.running_mean"], before) == bool(freeze)


class Crash(Exception):
    """Interrupts a run."""


class CrashAt(Callback):
    """Raises `Crash` after a step."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_step(self, state: TrainState) -> None:
        if state.step == self.step:
            raise Crash


def resumable(folder: Path) -> tuple[TrainState, list[Callback], Checkpoint]:
    """A run with all that a checkpoint restores: momentum, averages, plateaus, patience, mixup, dropout."""
    state = new_state(**{"fit.epochs": 5, "fit.ema": 0.9, "schedule.warmup": 3})
    callbacks: list[Callback] = [
        BestWeights(folder / "best.pt", "auc"),
        CsvLogger(folder / "history.csv"),
        EarlyStopping("auc", 3),
        ReduceOnPlateau("auc", 1, 0.5),
    ]
    return state, callbacks, Checkpoint(folder / "last.pt", callbacks, {"recipe": "same"}, seconds=0.0)


@pytest.mark.parametrize("crashes", [(1,), (5,), (7, 8), (3, 11, 19, 24)])
def test_an_interrupted_run_ends_with_identical_weights(tmp_path: Path, crashes: tuple[int, ...]) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "resumed").mkdir()
    state, callbacks, checkpoint = resumable(tmp_path / "whole")
    expected = train(state, [*callbacks, checkpoint], loss=MIXUP_LOSS)

    for crash in (*crashes, None):
        state, callbacks, checkpoint = resumable(tmp_path / "resumed")
        if checkpoint.path.exists():
            checkpoint.resume(state)
        try:
            train(state, [*callbacks, *([CrashAt(crash)] if crash else []), checkpoint], loss=MIXUP_LOSS)
        except Crash:
            continue
    assert torch.equal(flat_weights(state.model), flat_weights(expected.model))
    assert torch.equal(flat_weights(state.ema_model), flat_weights(expected.ema_model))
    assert state.history == expected.history
    assert (tmp_path / "resumed/history.csv").read_bytes() == (tmp_path / "whole/history.csv").read_bytes()


class Clock:
    """A clock that stands still unless `now` is changed."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_only_training_steps_are_timed_across_interruptions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr("unmask.training.engine.loop.perf_counter", clock)

    def slow_batches(epoch: int, first: int) -> Iterator[tuple[Tensor, Tensor]]:
        for batch in batches(epoch, first):
            clock.now += 2
            yield batch

    def slow_validation(network: nn.Module) -> Record:
        clock.now += 1000
        return weight_sum(network)

    class Slow(Callback):
        def on_step(self, state: TrainState) -> None:
            clock.now += 100

    for crash in (7, None):
        state, checkpoint = new_state(), Checkpoint(tmp_path / "last.pt", [], {}, seconds=0.0)
        if checkpoint.path.exists():
            checkpoint.resume(state)
        callbacks = [Slow(), checkpoint, *([CrashAt(crash)] if crash else [])]
        try:
            fit(state, slow_batches, PLAIN_LOSS, slow_validation, callbacks)
        except Crash:
            clock.now += 10_000
    assert state.seconds == 2 * 4 * STEPS


def test_a_checkpoint_of_another_run_is_an_error(tmp_path: Path) -> None:
    state, callbacks, checkpoint = resumable(tmp_path)
    train(state, [*callbacks, checkpoint])
    other = Checkpoint(checkpoint.path, callbacks, {"recipe": "different"})
    with pytest.raises(TrainingError, match="another recipe"):
        other.resume(new_state())
    checkpoint.path.write_bytes(b"torn")
    with pytest.raises(TrainingError, match="cannot be read"):
        checkpoint.resume(new_state())
    torch.save({"run": {}, "callbacks": [], "about": {}}, checkpoint.path)
    with pytest.raises(TrainingError, match="is of an older version of unmask; delete it"):
        checkpoint.resume(new_state())


def test_a_diverged_run_is_an_error() -> None:
    with pytest.raises(TrainingError, match=r"not a number at step \d+; lower optimizer.learning_rate"):
        train(new_state(**{"optimizer.learning_rate": 1e30, "optimizer.clip": 0.0, "optimizer.name": "sgd"}))


def test_mixed_precision_lowers_the_loss() -> None:
    state = train(new_state(**{"fit.precision": "bfloat16", "fit.epochs": 8}))
    assert state.history[-1]["loss"] < 0.7 * state.history[0]["loss"]
    assert all(weight.dtype == torch.float32 for weight in itertools.chain(state.model.parameters()))
