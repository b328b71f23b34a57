from __future__ import annotations

import math

import pytest

from tests.training.engine.small_run import SmallNetwork, new_state
from unmask.errors import TrainingError
from unmask.training.config import OptimizerConfig
from unmask.training.engine.state import build_optimizer


def test_a_checkpoint_without_its_duration_is_restored() -> None:
    state, older = new_state(), new_state().state_dict()
    del older["seconds"]
    state.load_state_dict(older)
    assert math.isnan(state.seconds)


def test_freezing_everything_is_an_error() -> None:
    network = SmallNetwork().requires_grad_(False)
    with pytest.raises(TrainingError, match="nothing to train"):
        build_optimizer(network, OptimizerConfig())
