"""A run of a network with a few weights on generated images, for the tests of the loop and its callbacks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from unmask.training import Recipe
from unmask.training.config import LossConfig
from unmask.training.engine.callbacks import Callback
from unmask.training.engine.distributed import DistributedContext
from unmask.training.engine.loop import fit
from unmask.training.engine.losses import DetectorLoss
from unmask.training.engine.state import Record, TrainState, build_optimizer
from unmask.training.pipeline import train_options

STEPS = 5
"""Steps in one epoch."""
SEED = 7
PLAIN_LOSS = DetectorLoss(LossConfig(), SEED)


class SmallNetwork(nn.Module):
    """Two convolutions with batch norm and dropout; the output is a class activation map."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.network = nn.Sequential(
            nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.3), nn.Conv2d(4, 1, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.network(x)
        return y.squeeze(1)


def new_state(**changes: Any) -> TrainState:
    """The state before the first step of four epochs."""
    settings = {"fit.epochs": 4, "fit.batch_size": 8, "fit.precision": "float32", "optimizer.learning_rate": 0.05}
    recipe, alone = (
        Recipe.load("tiny", **(settings | {"seed": SEED} | changes)),
        DistributedContext(torch.device("cpu")),
    )
    options = train_options(recipe, alone, STEPS)
    return TrainState.create(SmallNetwork(), options, alone, lambda model: build_optimizer(model, recipe.optimizer))


def batches(epoch: int, first: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches of one epoch; dark images are fake."""
    for step in range(first, STEPS):
        generator = torch.Generator().manual_seed(epoch * STEPS + step)
        targets = (torch.rand(8, generator=generator) > 0.5).float()
        light = 180 - 100 * targets.view(-1, 1, 1, 1) + 20 * torch.randn(8, 6, 6, 3, generator=generator)
        yield light.clamp(0, 255).to(torch.uint8), targets


def scripted(*values: float, name: str = "auc") -> Callable[[nn.Module], Record]:
    """A validation that returns the given figures, one for each epoch."""
    figures = iter(values)
    return lambda network: {name: next(figures)}


def weight_sum(network: nn.Module) -> Record:
    """A validation whose figure depends on the weights."""
    return {"auc": float(sum(weight.abs().sum() for weight in network.parameters()))}


def train(
    state: TrainState,
    callbacks: Iterable[Callback] = (),
    validate: Callable[[nn.Module], Record] = weight_sum,
    loss: DetectorLoss = PLAIN_LOSS,
) -> TrainState:
    """The state after `fit`."""
    fit(state, batches, loss, validate, list(callbacks))
    return state


def flat_weights(network: nn.Module) -> Tensor:
    """All weights and buffers as one vector."""
    return torch.cat([value.flatten().float() for value in network.state_dict().values()])
