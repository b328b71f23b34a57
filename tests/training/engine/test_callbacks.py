from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.training.engine.small_run import flat_weights, new_state, scripted, train
from unmask.errors import TrainingError
from unmask.training.engine.callbacks import BestWeights, Callback, EarlyStopping, ReduceOnPlateau
from unmask.training.engine.state import Record, TrainState


def test_early_stopping_after_patience() -> None:
    state = train(new_state(**{"fit.epochs": 9}), [EarlyStopping("auc", 2)], scripted(0.5, 0.7, 0.6, 0.7, 0.9, 0.9))
    assert state.epoch == 4


def test_no_early_stopping_while_the_figure_improves() -> None:
    assert train(new_state(), [EarlyStopping("auc", 1)], scripted(0.1, 0.2, 0.3, 0.4)).epoch == 4


def test_a_lower_loss_is_an_improvement() -> None:
    validate = scripted(0.9, 0.7, 0.6, 0.65, 0.5, name="held_out_loss")
    state = train(new_state(), [EarlyStopping("held_out_loss", 1)], validate)
    assert state.epoch == 4


def test_the_best_weights_are_restored_at_the_end(tmp_path: Path) -> None:
    seen: list[Tensor] = []

    class WeightsOfEpochs(Callback):
        def on_epoch(self, state: TrainState, record: Record) -> None:
            seen.append(flat_weights(state.ema_model))

    best = BestWeights(tmp_path / "best.pt", "auc")
    state = train(new_state(), [WeightsOfEpochs(), best], scripted(0.5, 0.9, 0.6, 0.7))
    assert torch.equal(flat_weights(state.ema_model), seen[1])
    assert not torch.equal(seen[1], seen[3])


def test_a_plateau_reduces_the_learning_rate_once_per_patience() -> None:
    state = new_state(**{"fit.epochs": 6, "schedule.name": "constant"})
    train(state, [ReduceOnPlateau("auc", 2, 0.1)], scripted(0.9, 0.8, 0.8, 0.8, 0.95, 0.1))
    rates = [record["learning_rate"] for record in state.history]
    assert rates[:3] == pytest.approx([0.05] * 3)
    assert rates[3:] == pytest.approx([0.005] * 3)


def test_an_unknown_monitor_is_an_error() -> None:
    with pytest.raises(TrainingError, match="the history has no column 'f1'; use one of epoch, loss"):
        train(new_state(), [EarlyStopping("f1", 1)])


def test_no_early_stopping_before_the_first_allowed_epoch() -> None:
    state = train(new_state(**{"fit.epochs": 9}), [EarlyStopping("auc", 2, min_epochs=6)], scripted(*[0.5] * 9))
    assert state.epoch == 6
