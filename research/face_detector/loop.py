"""Training of the face detector on composed scenes; each scene depends on the seed and its number alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import nn

from research.common.step_logger import StepLogger
from research.common.step_training import StepTrainingConfig
from research.face_detector.losses import detection_loss
from research.face_detector.network import FaceDetectorNet, grid
from research.face_detector.scenes import Scene, SceneComposer
from research.face_detector.targets import assign_targets
from unmask.progress import Progress, no_progress
from unmask.training.engine.checkpoint import Checkpoint
from unmask.training.engine.distributed import DistributedContext
from unmask.training.engine.loop import fit
from unmask.training.engine.state import StepResult, TrainState

WEIGHT_DECAY = 0.02
"""Of convolution kernels; other weights have none."""
LOG_EVERY = 50
"""Steps in one line of the log."""


@dataclass(frozen=True, slots=True)
class FaceDetectorConfig(StepTrainingConfig):
    """Settings of the training; a sample is a scene."""

    steps: int = 13000
    batch: int = 16
    rate: float = 3e-3
    warmup: int = 200
    seed: int = 7
    ema: ClassVar[float] = 0.998


class FaceDetectorLoss:
    """Loss of a batch of scenes.

    Attributes:
        parts: parts of the last loss.
    """

    def __init__(self) -> None:
        self.parts: dict[str, float] = {}

    def __call__(self, model: nn.Module, scenes: Sequence[Scene], state: TrainState) -> StepResult:
        """The mean loss."""
        del state
        pixels = torch.from_numpy(np.stack([scene.pixels for scene in scenes])).permute(0, 3, 1, 2)
        centers, strides = grid(pixels.shape[2], pixels.shape[3])
        targets = assign_targets(centers, strides, [(scene.faces, scene.wanted) for scene in scenes])
        loss, self.parts = detection_loss(model(pixels.float() / 127.5 - 1.0), targets, centers, strides)
        return StepResult(loss)


def train_face_detector(
    composer: SceneComposer,
    config: FaceDetectorConfig,
    checkpoint: Checkpoint,
    log: Callable[[str], None],
    *,
    progress: Progress = no_progress,
    resume: bool = False,
) -> FaceDetectorNet:
    """The averaged network of a finished training run.

    Args:
        composer: composes the scenes.
        config: settings.
        checkpoint: saves the run.
        log: receives a line every `LOG_EVERY` steps.
        progress: receives the number of steps.
        resume: continue from the checkpoint if its file exists.

    Raises:
        TrainingError: the loss is not finite, or the checkpoint belongs to another run.
    """
    torch.manual_seed(config.seed)
    options, loss = config.options(), FaceDetectorLoss()
    state = TrainState.create(FaceDetectorNet(), options, DistributedContext(torch.device("cpu")), make_optimizer)
    if resume and checkpoint.path.exists():
        checkpoint.resume(state)
        log(f"resuming at step {state.step:,} of {options.steps:,}")

    def batches(epoch: int, first: int) -> Iterator[list[Scene]]:
        del epoch
        for step in range(first, options.steps):
            numbers = range(step * config.batch, (step + 1) * config.batch)
            yield [composer.compose(np.random.default_rng((config.seed, number))) for number in numbers]

    logger = StepLogger(lambda: loss.parts, LOG_EVERY, log, progress)
    fit(state, batches, loss, lambda model: {}, [logger, checkpoint])
    averaged = state.ema_model
    assert isinstance(averaged, FaceDetectorNet)
    return averaged


def make_optimizer(network: nn.Module) -> torch.optim.Optimizer:
    """AdamW with weight decay for convolution kernels only."""
    kernels = [weight for weight in network.parameters() if weight.ndim > 1]
    others = [weight for weight in network.parameters() if weight.ndim <= 1]
    groups = [{"params": kernels, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, fused=True)
