"""Trains the face detector on composed scenes with the shared engine; a scene depends on the seed and its number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from research.facefinder.losses import finder_loss
from research.facefinder.network import FinderNet, grid
from research.facefinder.scenes import Composer, Scene
from research.facefinder.targets import assign
from unmask.training.config import ScheduleConfig
from unmask.training.engine.callbacks import Callback, Checkpoint
from unmask.training.engine.distributed import DistributedContext
from unmask.training.engine.loop import fit
from unmask.training.engine.state import TrainOptions, TrainState

WEIGHT_DECAY = 0.02
"""Of convolution kernels; other weights have none."""


@dataclass(frozen=True, slots=True)
class FinderConfig:
    """Settings of the training.

    Attributes:
        steps: optimizer steps.
        batch: scenes in one step.
        rate: peak learning rate; `warmup` steps lead to it.
        seed: of the weights and of every scene.
        every: steps between checkpoints and log lines.
    """

    steps: int = 13000
    batch: int = 16
    rate: float = 3e-3
    warmup: int = 200
    seed: int = 7
    every: int = 50

    def options(self) -> TrainOptions:
        """The options of the engine; an "epoch" has `every` steps."""
        epochs = max(1, self.steps // self.every)
        return TrainOptions(
            epochs=epochs,
            steps_per_epoch=self.steps // epochs,
            batch_size=self.batch,
            learning_rate=self.rate,
            schedule=ScheduleConfig(name="cosine", warmup=self.warmup, floor=0.01),
            clip=5.0,
            ema=0.998,
            seed=self.seed,
        )


class FinderLoss:
    """Loss of a batch of scenes; sums its parts for the log."""

    def __init__(self) -> None:
        self.sums: dict[str, float] = {}

    def __call__(self, model: nn.Module, scenes: Sequence[Scene], state: TrainState) -> Tensor:
        """The mean loss, a scalar."""
        del state
        pixels = torch.from_numpy(np.stack([scene.pixels for scene in scenes])).permute(0, 3, 1, 2)
        centers, strides = grid(pixels.shape[2], pixels.shape[3])
        targets = assign(centers, strides, [(scene.faces, scene.wanted) for scene in scenes])
        loss, parts = finder_loss(model(pixels.float() / 127.5 - 1.0), targets, centers, strides)
        for name, value in parts.items():
            self.sums[name] = self.sums.get(name, 0.0) + value
        return loss

    def take_means(self, steps: int) -> dict[str, float]:
        """Means of the parts over some steps; the sums start again."""
        means = {name: value / steps for name, value in self.sums.items()}
        self.sums = {}
        return means


def train_finder(
    composer: Composer,
    config: FinderConfig,
    checkpoint: Path,
    about: dict[str, Any],
    loggers: Sequence[Callback],
    *,
    resume: bool,
) -> FinderNet:
    """The averaged network of a finished training run.

    Args:
        composer: composes the scenes.
        config: settings.
        checkpoint: file the run is resumed from.
        about: data of the run; a checkpoint of other data is not resumed.
        loggers: callbacks that report.
        resume: continue from the checkpoint if it exists.

    Raises:
        TrainingError: the loss is not finite, or the checkpoint belongs to another run.
    """
    torch.manual_seed(config.seed)
    options, loss = config.options(), FinderLoss()
    state = TrainState.create(FinderNet(), options, DistributedContext(torch.device("cpu")), make_optimizer)
    saving = Checkpoint(checkpoint, [], about)
    if resume and checkpoint.exists():
        saving.resume(state)

    def batches(epoch: int, first: int) -> Iterator[list[Scene]]:
        for step in range(epoch * options.steps_per_epoch + first, (epoch + 1) * options.steps_per_epoch):
            numbers = range(step * config.batch, (step + 1) * config.batch)
            yield [composer.compose(np.random.default_rng((config.seed, number))) for number in numbers]

    fit(state, batches, loss, lambda model: loss.take_means(options.steps_per_epoch), [*loggers, saving])
    averaged = state.ema_model
    assert isinstance(averaged, FinderNet)
    return averaged


def make_optimizer(network: nn.Module) -> torch.optim.Optimizer:
    """AdamW with weight decay for convolution kernels only."""
    kernels = [weight for weight in network.parameters() if weight.ndim > 1]
    others = [weight for weight in network.parameters() if weight.ndim <= 1]
    groups = [{"params": kernels, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, fused=True)
