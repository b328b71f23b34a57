"""A training run in progress: its networks, its optimiser, how far it has come, and how to keep all that in a file."""

from __future__ import annotations

import copy
import math
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from unmask.errors import TrainingError
from unmask.training.architectures.catalogue import CATALOGUE
from unmask.training.devices import Place, reduced_precision
from unmask.training.recipe import Optimiser, Recipe

Record = dict[str, float]
"""One row of the history: what an epoch gave."""


@dataclass
class Run:
    """The moving parts of a run.

    Attributes:
        recipe: what it follows.
        place: where it happens.
        network: what learns; `average` is its moving average, which is validated and exported.
        dtype: of the forward pass in training; None is float32.
        optimiser: with its moments; `scaler` keeps float16 gradients from vanishing.
        steps_per_epoch: as planned.
        step: steps done since the beginning.
        seconds: what those steps took, with loading and augmentation, without judging and writing; not a number where
            the run was begun by a version that did not measure it.
        rate_factor: what plateaus have cost the learning rate.
        losses: sum of the losses of the epoch in progress, kept on the device.
        history: one record for each epoch done.
        stop: no further epoch, please.
    """

    recipe: Recipe
    place: Place
    network: nn.Module
    steps_per_epoch: int
    average: nn.Module = field(init=False)
    optimiser: torch.optim.Optimizer = field(init=False)
    dtype: torch.dtype | None = field(init=False)
    scaler: torch.amp.GradScaler = field(init=False)
    losses: Tensor = field(init=False)
    step: int = 0
    seconds: float = 0.0
    rate_factor: float = 1.0
    history: list[Record] = field(default_factory=list)
    stop: bool = False

    def __post_init__(self) -> None:
        self.network = self.network.to(self.place.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.optimiser = optimiser_of(self.network, self.recipe.optimiser)
        device, dense = self.place.device, CATALOGUE[self.recipe.architecture].dense
        self.dtype = reduced_precision(self.recipe.fit.precision, device, dense=dense)
        self.scaler = torch.amp.GradScaler(device.type, enabled=self.dtype is torch.float16 and device.type == "cuda")
        self.losses = torch.zeros((), device=self.place.device)

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return len(self.history)

    @property
    def first_step(self) -> int:
        """Steps done of the epoch in progress."""
        return self.step - self.epoch * self.steps_per_epoch

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        schedule, total = self.recipe.schedule, self.recipe.fit.epochs * self.steps_per_epoch
        warming = min(schedule.warmup, total // 4)
        warm = min(1.0, (self.step + 1) / warming) if warming else 1.0
        done = min(1.0, self.step / total)
        shape = {"cosine": 0.5 * (1 + math.cos(math.pi * done)), "linear": 1 - done, "constant": 1.0}[schedule.name]
        shape = schedule.floor + (1 - schedule.floor) * shape
        return self.recipe.optimiser.learning_rate * warm * shape * self.rate_factor

    def autocast(self) -> AbstractContextManager[Any]:
        """The forward pass in the run's precision."""
        return torch.autocast(self.place.device.type, self.dtype) if self.dtype else nullcontext()

    def update_average(self) -> None:
        """Move the averaged weights towards the network's; the first steps count less than the last."""
        decay = min(self.recipe.fit.ema, (1 + self.step) / (10 + self.step)) if self.recipe.fit.ema else 0.0
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.network.parameters()), 1 - decay)
            for kept, new in zip(self.average.buffers(), self.network.buffers(), strict=True):
                kept.copy_(new)

    def state(self) -> dict[str, Any]:
        """Everything that changes during a run."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(),
            "losses": self.losses,
            "step": self.step,
            "seconds": self.seconds,
            "rate_factor": self.rate_factor,
            "history": self.history,
            "stop": self.stop,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` gave."""
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.scaler.load_state_dict(state["scaler"])
        self.losses = state["losses"].to(self.place.device)
        self.step, self.rate_factor = state["step"], state["rate_factor"]
        self.seconds = state.get("seconds", math.nan)
        self.history, self.stop = state["history"], state["stop"]


def optimiser_of(network: nn.Module, settings: Optimiser) -> torch.optim.Optimizer:
    """The optimiser a recipe names, over the weights that are not frozen.

    Raises:
        TrainingError: everything is frozen.
    """
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    if not weights:
        raise TrainingError("nothing to train: the recipe freezes every weight")
    rate, decay = settings.learning_rate, settings.weight_decay
    if settings.name == "sgd":
        return torch.optim.SGD(weights, rate, settings.momentum, weight_decay=decay, nesterov=settings.momentum > 0)
    method = torch.optim.AdamW if settings.name == "adamw" else torch.optim.Adam
    fused = weights[0].device.type in ("cpu", "cuda")
    return method(weights, rate, weight_decay=decay, fused=fused)


def save(state: dict[str, Any], path: Path) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    torch.save(state, partial)
    partial.replace(path)


def load(path: Path) -> dict[str, Any]:
    """Read what `save` wrote; tensors come to the CPU.

    Raises:
        TrainingError: the file cannot be read.
    """
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        reason = str(error).splitlines()[0]
        raise TrainingError(f"{path} cannot be read ({reason}); delete it to start afresh") from error
    return state
