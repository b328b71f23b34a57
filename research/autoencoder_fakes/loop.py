"""Trains one autoencoder on crops of real images: first on reconstruction error, then also against a critic."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from research.autoencoder_fakes.network import AutoEncoder, Critic, Design
from research.common.step_logger import StepLogger
from unmask.datasets import LabeledImage
from unmask.progress import Progress, no_progress
from unmask.training.config import ScheduleConfig
from unmask.training.data.face_box_cache import open_rgb
from unmask.training.engine.callbacks import Callback
from unmask.training.engine.distributed import DistributedContext
from unmask.training.engine.loop import fit
from unmask.training.engine.losses import normalize
from unmask.training.engine.state import StepResult, TrainOptions, TrainState

LOG_EVERY = 100
"""Steps in one line of the log."""
WARMUP = 50
"""Steps of the linear warm-up of the learning rate."""


@dataclass(frozen=True, slots=True)
class AutoEncoderConfig:
    """Settings of the training.

    Attributes:
        steps: optimizer steps.
        critic_start: share of the steps before the critic takes part.
        batch: crops in one step.
        side: side length of a crop in pixels.
        rate: peak learning rate of both networks.
        critic: weight of the critic in the loss of the autoencoder.
        seed: random seed of the weights and of every crop.
    """

    steps: int = 1500
    critic_start: float = 0.4
    batch: int = 8
    side: int = 128
    rate: float = 1e-3
    critic: float = 0.03
    seed: int = 7


class ReconstructionLoss(Callback):
    """Loss of the autoencoder, with a critic that is trained on the same batches.

    The critic is a patch discriminator with hinge loss and an optimizer of its own. The learning rate of both networks
    falls with the square root of the remaining share of the run.

    Attributes:
        gray_levels: mean absolute error of the last reconstruction, in steps of 1/255.
    """

    def __init__(self, config: AutoEncoderConfig) -> None:
        self.config, self.critic = config, Critic()
        self.optimizer = make_optimizer(self.critic, config.rate)
        self.gray_levels = 0.0
        self._batch: tuple[Tensor, Tensor] | None = None

    def __call__(self, model: nn.Module, crops: Tensor, state: TrainState) -> StepResult:
        """The loss of a batch `[N, 3, side, side]` in [-1, 1]."""
        with torch.autocast("cpu", torch.bfloat16):
            rebuilt = model(crops)
        rebuilt = rebuilt.float()
        distance = nn.functional.l1_loss(rebuilt, crops)
        self.gray_levels = distance.item() * 127.5
        loss = distance + nn.functional.l1_loss(_gradients(rebuilt), _gradients(crops))
        if state.step < self.config.critic_start * self.config.steps:
            return StepResult(loss)
        self._batch = crops, rebuilt.detach()
        adversarial: Tensor = self.critic(rebuilt).mean()
        return StepResult(loss - self.config.critic * adversarial)

    def on_step(self, state: TrainState) -> None:
        """Update the critic on the batch of the step, and reduce the learning rate of the next one."""
        if self._batch is not None:
            self._update_critic(*self._batch, rate=state.optimizer.param_groups[0]["lr"])
        state.rate_factor = (1.0 - state.step / self.config.steps) ** 0.5

    def _update_critic(self, crops: Tensor, rebuilt: Tensor, rate: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        relu = nn.functional.relu
        loss = relu(1.0 - self.critic(crops)).mean() + relu(1.0 + self.critic(rebuilt)).mean()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()


def make_optimizer(network: nn.Module, rate: float) -> torch.optim.Optimizer:
    """AdamW with the momentum of adversarial training."""
    return torch.optim.AdamW(network.parameters(), lr=rate, betas=(0.8, 0.99))


def train_autoencoder(
    items: Sequence[LabeledImage],
    design: Design,
    config: AutoEncoderConfig,
    log: Callable[[str], None],
    progress: Progress = no_progress,
) -> AutoEncoder:
    """An autoencoder trained on real images.

    Args:
        items: the images.
        design: design of the network.
        config: config of the training.
        log: receives a line every `LOG_EVERY` steps.
        progress: receives the number of steps.
    """
    torch.manual_seed(config.seed)
    network = AutoEncoder(design)
    options = TrainOptions(
        epochs=1,
        steps_per_epoch=config.steps,
        batch_size=config.batch,
        learning_rate=config.rate,
        schedule=ScheduleConfig(name="constant", warmup=WARMUP),
        seed=config.seed,
    )
    distributed = DistributedContext(torch.device("cpu"))
    state = TrainState.create(network, options, distributed, lambda model: make_optimizer(model, config.rate))

    def batches(epoch: int, first: int) -> Iterator[Tensor]:
        del epoch
        return (_crops(items, config, step) for step in range(first, config.steps))

    loss = ReconstructionLoss(config)
    logger = StepLogger(lambda: {"error in gray levels": loss.gray_levels}, LOG_EVERY, log, progress)
    fit(state, batches, loss, lambda model: {}, [loss, logger])
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
