from __future__ import annotations

import pytest

from tests.training.engine.small_run import STEPS, new_state


def test_the_learning_rate_warms_up_and_falls_to_its_floor() -> None:
    state = new_state(**{"schedule.warmup": 4, "schedule.floor": 0.1, "schedule.name": "linear"})
    rates = []
    for step in range(4 * STEPS + 1):
        state.step = step
        rates.append(state.learning_rate)
    assert rates[0] < rates[1] < rates[2]
    assert rates[-1] == pytest.approx(0.1 * 0.05)
    assert rates[4:] == sorted(rates[4:], reverse=True)


def test_a_run_shorter_than_its_warm_up_reaches_the_peak() -> None:
    state = new_state(**{"schedule.warmup": 200, "schedule.name": "constant"})
    state.step = STEPS
    assert state.learning_rate == pytest.approx(0.05)
