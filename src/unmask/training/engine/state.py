"""The state of a training run: networks, optimizer, counters, and how they are saved and restored."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from unmask._files import atomic_path
from unmask.errors import TrainingError
from unmask.training.config import OptimizerConfig, ScheduleConfig
from unmask.training.engine.distributed import DistributedContext
from unmask.training.engine.ema import update_ema
from unmask.training.engine.schedule import learning_rate_factor

Record = dict[str, float]
"""One row of the history: the figures of one epoch."""


class StepResult(NamedTuple):
    """Result of the loss function for one batch.

    Attributes:
        loss: mean loss, a scalar tensor.
        accuracy: share of right predictions, a scalar tensor on the device; None if the loss has no classes.
    """

    loss: Tensor
    accuracy: Tensor | None = None


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """Length, speed and precision of a run.

    Attributes:
        epochs: largest number of epochs, of `steps_per_epoch` steps each.
        batch_size: images in one step, over all devices together.
        learning_rate: peak learning rate; `schedule` changes it.
        clip: largest gradient norm; 0 for no clipping.
        ema: decay of the averaged weights; 0 for the last weights.
        seed: random seed of each step.
        dtype: data type of the forward pass; None is float32.
        train_mode: puts the network into training mode; a frozen base may stay in evaluation mode.
    """

    epochs: int
    steps_per_epoch: int
    batch_size: int
    learning_rate: float
    schedule: ScheduleConfig
    clip: float = 0.0
    ema: float = 0.0
    seed: int = 0
    dtype: torch.dtype | None = None
    train_mode: Callable[[nn.Module], object] = nn.Module.train

    @property
    def steps(self) -> int:
        """Steps of the whole run."""
        return self.epochs * self.steps_per_epoch


@dataclass
class TrainState:
    """Everything that changes during a run.

    Attributes:
        options: length, speed and precision.
        distributed: device and processes.
        model: the network that is trained.
        ema_model: moving average of its weights, which is validated and exported.
        optimizer: the optimizer with its moments; `scaler` keeps float16 gradients from vanishing.
        step: steps done since the beginning.
        seconds: duration of those steps with loading and augmentation, without validation and saving; NaN if an older
            version of unmask began the run.
        rate_factor: factor by which `ReduceOnPlateau` has reduced the learning rate.
        loss_sum: sum of the losses of the current epoch, kept on the device.
        accuracy_sum: sum of the training accuracies of its steps, kept on the device; None if no step has one.
        history: one record for each finished epoch.
        stop: True to end training after this epoch.
    """

    options: TrainOptions
    distributed: DistributedContext
    model: nn.Module
    ema_model: nn.Module
    optimizer: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    loss_sum: Tensor
    accuracy_sum: Tensor | None = None
    step: int = 0
    seconds: float = 0.0
    rate_factor: float = 1.0
    history: list[Record] = field(default_factory=list)
    stop: bool = False

    @classmethod
    def create(
        cls,
        model: nn.Module,
        options: TrainOptions,
        distributed: DistributedContext,
        make_optimizer: Callable[[nn.Module], torch.optim.Optimizer],
    ) -> TrainState:
        """The state before the first step; the network is moved to the device in channels-last layout."""
        model = model.to(distributed.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        device = distributed.device
        float16 = options.dtype is torch.float16 and device.type == "cuda"
        return cls(
            options,
            distributed,
            model,
            copy.deepcopy(model).eval().requires_grad_(False),
            make_optimizer(model),
            torch.amp.GradScaler(device.type, enabled=float16),
            torch.zeros((), device=device),
        )

    @property
    def epoch(self) -> int:
        """Number of finished epochs."""
        return len(self.history)

    @property
    def epoch_step(self) -> int:
        """Steps done in the current epoch."""
        return self.step - self.epoch * self.options.steps_per_epoch

    @property
    def learning_rate(self) -> float:
        """Learning rate of the next step."""
        factor = learning_rate_factor(self.options.schedule, self.step, self.options.steps)
        return self.options.learning_rate * factor * self.rate_factor

    def autocast(self) -> AbstractContextManager[Any]:
        """Context of a forward pass in the precision of the run."""
        dtype = self.options.dtype
        return torch.autocast(self.distributed.device.type, dtype) if dtype else nullcontext()

    def update_ema(self) -> None:
        """Move the averaged weights toward the current ones."""
        update_ema(self.ema_model, self.model, decay=self.options.ema, step=self.step)

    def state_dict(self) -> dict[str, Any]:
        """All values that a resumed run needs."""
        return {
            "model": self.model.state_dict(),
            "ema_model": self.ema_model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "loss_sum": self.loss_sum,
            "accuracy_sum": self.accuracy_sum,
            "step": self.step,
            "seconds": self.seconds,
            "rate_factor": self.rate_factor,
            "history": self.history,
            "stop": self.stop,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the values of `state_dict`."""
        for name in ("model", "ema_model", "optimizer", "scaler"):
            getattr(self, name).load_state_dict(state[name])
        self.loss_sum = state["loss_sum"].to(self.distributed.device)
        self.accuracy_sum = self._restored_accuracy(state)
        self.step, self.rate_factor = state["step"], state["rate_factor"]
        self.seconds = state.get("seconds", math.nan)
        self.history, self.stop = state["history"], state["stop"]

    def _restored_accuracy(self, state: dict[str, Any]) -> Tensor | None:
        """The sum of accuracies; NaN if an older version of unmask began the epoch."""
        found = state.get("accuracy_sum", torch.tensor(math.nan) if state["loss_sum"] else None)
        return None if found is None else found.to(self.distributed.device)


def build_optimizer(model: nn.Module, config: OptimizerConfig) -> torch.optim.Optimizer:
    """The optimizer of a recipe, over the weights that are not frozen.

    Raises:
        TrainingError: all weights are frozen.
    """
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    if not weights:
        raise TrainingError("nothing to train: the recipe freezes every weight")
    rate, decay = config.learning_rate, config.weight_decay
    if config.name == "sgd":
        return torch.optim.SGD(weights, rate, config.momentum, weight_decay=decay, nesterov=config.momentum > 0)
    method = torch.optim.AdamW if config.name == "adamw" else torch.optim.Adam
    fused = weights[0].device.type in ("cpu", "cuda")
    return method(weights, rate, weight_decay=decay, fused=fused)


def save(state: dict[str, Any], path: Path) -> None:
    """Save tensors and plain values to a file, atomically."""
    with atomic_path(path) as temporary:
        torch.save(state, temporary)


def load(path: Path) -> dict[str, Any]:
    """Load a file of `save`; tensors go to the CPU.

    Raises:
        TrainingError: the file cannot be read.
    """
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        reason = str(error).splitlines()[0]
        raise TrainingError(f"{path} cannot be read ({reason}); delete it to start the run again") from error
    return state
