"""Learning-rate schedule: linear warm-up, then a cosine, linear or constant shape down to a floor."""

from __future__ import annotations

import math

from unmask.training.config import ScheduleConfig


def learning_rate_factor(config: ScheduleConfig, step: int, total: int) -> float:
    """Factor of the peak learning rate at one step.

    Args:
        config: shape, warm-up and floor.
        step: steps already done.
        total: steps of the whole run.
    """
    warmup = min(config.warmup, total // 4)
    warm = min(1.0, (step + 1) / warmup) if warmup else 1.0
    done = min(1.0, step / total)
    shape = {"cosine": 0.5 * (1 + math.cos(math.pi * done)), "linear": 1 - done, "constant": 1.0}[config.name]
    return warm * (config.floor + (1 - config.floor) * shape)
