"""Trains one auto-encoder on crops of real images: first on reconstruction error, then also against a critic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from research.autoencoder_fakes.network import AutoEncoder, Critic, Design
from unmask.datasets import LabeledImage
from unmask.training.config import ScheduleConfig
from unmask.training.console import Console
from unmask.training.data.face_box_cache import open_rgb
from unmask.training.engine.callbacks import Callback
from unmask.training.engine.distributed import DistributedContext
from unmask.training.engine.loggers import ProgressLogger
from unmask.training.engine.loop import fit
from unmask.training.engine.losses import normalize
from unmask.training.engine.state import TrainOptions, TrainState

LOG_EVERY = 100
"""Steps in one row of the history."""


@dataclass(frozen=True, slots=True)
class AutoEncoderConfig:
    """Settings of the training.

    Attributes:
        steps: optimizer steps.
        critic_start: share of the steps before the critic takes part.
        batch: crops in one step; `side` is their side in pixels.
        rate: peak learning rate of both networks.
        critic: weight of the critic in the loss of the auto-encoder.
        seed: of the weights and of every crop.
    """

    steps: int = 1500
    critic_start: float = 0.4
    batch: int = 8
    side: int = 128
    rate: float = 1e-3
    critic: float = 0.03
    seed: int = 7


class ReconstructionLoss(Callback):
    """Loss of the auto-encoder, and the critic, which is trained on the same batches.

    The critic is a hinge-loss patch discriminator with an optimizer of its own.
    """

    def __init__(self, config: AutoEncoderConfig) -> None:
        self.config, self.critic = config, Critic()
        self.optimizer = make_optimizer(self.critic, config.rate)
        self._batch: tuple[Tensor, Tensor] | None = None

    def __call__(self, model: nn.Module, crops: Tensor, state: TrainState) -> Tensor:
        """The loss of a batch `[N, 3, side, side]` in [-1, 1]."""
        with torch.autocast("cpu", torch.bfloat16):
            rebuilt = model(crops)
        rebuilt = rebuilt.float()
        loss = nn.functional.l1_loss(rebuilt, crops) + nn.functional.l1_loss(_gradients(rebuilt), _gradients(crops))
        if state.step < self.config.critic_start * self.config.steps:
            return loss
        self._batch = crops, rebuilt.detach()
        return loss - self.config.critic * self.critic(rebuilt).mean()

    def on_step(self, state: TrainState) -> None:
        """Update the critic on the batch of the step."""
        if self._batch is None:
            return
        crops, rebuilt = self._batch
        for group in self.optimizer.param_groups:
            group["lr"] = state.learning_rate
        relu = nn.functional.relu
        loss = relu(1.0 - self.critic(crops)).mean() + relu(1.0 + self.critic(rebuilt)).mean()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()


def make_optimizer(network: nn.Module, rate: float) -> torch.optim.Optimizer:
    """AdamW with the momentum of adversarial training."""
    return torch.optim.AdamW(network.parameters(), lr=rate, betas=(0.8, 0.99))


def train_autoencoder(
    items: Sequence[LabeledImage], design: Design, config: AutoEncoderConfig, console: Console
) -> AutoEncoder:
    """An auto-encoder trained on real images.

    Args:
        items: the images.
        design: of the network.
        config: of the training.
        console: shows progress.
    """
    torch.manual_seed(config.seed)
    network = AutoEncoder(design)
    epochs = max(1, config.steps // LOG_EVERY)
    options = TrainOptions(
        epochs=epochs,
        steps_per_epoch=config.steps // epochs,
        batch_size=config.batch,
        learning_rate=config.rate,
        schedule=ScheduleConfig(name="linear", warmup=50, floor=0.0),
        seed=config.seed,
    )
    distributed = DistributedContext(torch.device("cpu"))
    state = TrainState.create(network, options, distributed, lambda model: make_optimizer(model, config.rate))

    def batches(epoch: int, first: int) -> Iterator[Tensor]:
        start = epoch * options.steps_per_epoch
        return (_crops(items, config, start + step) for step in range(first, options.steps_per_epoch))

    loss = ReconstructionLoss(config)
    callbacks: list[Callback] = [loss, *([ProgressLogger(console)] if console.active else [])]
    fit(state, batches, loss, lambda model: {}, callbacks)
    return network.eval()


def _crops(items: Sequence[LabeledImage], config: AutoEncoderConfig, step: int) -> Tensor:
    """Random square crops of random images, fixed by (seed, step): `[N, 3, side, side]` in [-1, 1]."""
    rng = np.random.default_rng((config.seed, step))
    crops = []
    for index in rng.integers(len(items), size=config.batch):
        image = open_rgb(items[index])
        side = min(config.side, *image.size)
        left, top = (int(rng.integers(extent - side + 1)) for extent in image.size)
        crop = image.crop((left, top, left + side, top + side)).resize((config.side, config.side))
        crops.append(np.asarray(crop)[:, :: -1 if rng.random() < 0.5 else 1])
    return normalize(torch.from_numpy(np.stack(crops)))


def _gradients(values: Tensor) -> Tensor:
    """Horizontal and vertical differences of neighboring pixels, stacked along the channels."""
    center = values[..., 1:, 1:]
    return torch.cat([center - values[..., 1:, :-1], center - values[..., :-1, 1:]], 1)
