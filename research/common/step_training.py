"""Settings of a training that is one epoch of many steps, and their options on the command line."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import ClassVar

from unmask.training.config import ScheduleConfig
from unmask.training.engine.state import TrainOptions


@dataclass(frozen=True, slots=True)
class StepTrainingConfig:
    """Settings of the training; a subclass gives the defaults.

    Attributes:
        steps: optimizer steps.
        batch: samples in one step.
        rate: peak learning rate; `warmup` steps lead to it.
        seed: random seed of the weights and of every sample.
        ema: decay of the moving average of the weights.
    """

    steps: int
    batch: int
    rate: float
    warmup: int
    seed: int
    ema: ClassVar[float]

    def options(self) -> TrainOptions:
        """Options of the engine; the whole run is one epoch."""
        return TrainOptions(
            epochs=1,
            steps_per_epoch=self.steps,
            batch_size=self.batch,
            learning_rate=self.rate,
            schedule=ScheduleConfig(name="cosine", warmup=self.warmup, floor=0.01),
            clip=5.0,
            ema=self.ema,
            seed=self.seed,
        )


def add_training_options(parser: argparse.ArgumentParser, defaults: StepTrainingConfig, samples: str) -> None:
    """Add `--steps`, `--batch`, `--seed`, `--threads` and `--resume`; `samples` names what a batch holds."""
    parser.add_argument("--steps", type=int, default=defaults.steps, help="optimizer steps")
    parser.add_argument("--batch", type=int, default=defaults.batch, help=f"{samples} in one step")
    parser.add_argument("--seed", type=int, default=defaults.seed)
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    parser.add_argument("--resume", action="store_true", help="continue from the checkpoint in --out")
