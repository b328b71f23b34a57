"""The loss of the detector: binary cross-entropy with label smoothing, focal weighting, mixup and consistency."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from unmask.training.config import LossConfig
from unmask.training.data.sampler import MIXUP, generator
from unmask.training.engine.state import StepResult, TrainState
from unmask.training.models.factory import to_logit


@dataclass(frozen=True, slots=True)
class DetectorLoss:
    """Loss of a batch of uint8 pixels `[N, H, W, 3]` and targets `[N]`, 1 for `fake`.

    Attributes:
        config: options of the loss.
        seed: random seed of the mixup shares.
    """

    config: LossConfig
    seed: int

    def __call__(self, model: nn.Module, batch: tuple[Tensor, Tensor], state: TrainState) -> StepResult:
        """The mean loss, and the accuracy on the augmented images; a mixed image has the label of its larger part."""
        pixels, targets = (tensor.to(state.distributed.device, non_blocking=True) for tensor in batch)
        inputs, targets = mixup(normalize(pixels), targets, self.config.mixup, self.seed, state.step)
        with state.autocast():
            output = model(inputs)
        logits = to_logit(output.float())
        accuracy = ((logits.detach() > 0) == (targets > 0.5)).float().mean()
        return StepResult(binary_loss(logits, targets, self.config), accuracy)


def normalize(pixels: Tensor) -> Tensor:
    """uint8 `[N, H, W, 3]` to float `[N, 3, H, W]` in [-1, 1], in channels-last layout."""
    return (pixels.permute(0, 3, 1, 2).float() / 127.5 - 1.0).contiguous(memory_format=torch.channels_last)


def mixup(inputs: Tensor, targets: Tensor, alpha: float, seed: int, step: int) -> tuple[Tensor, Tensor]:
    """Mix each input and target with the one at the mirrored position of the batch (Zhang et al., "mixup", 2018).

    Args:
        inputs: float `[N, C, H, W]`.
        targets: float `[N]`.
        alpha: parameter of Beta(alpha, alpha), from which the share is drawn; 0 for no mixing.
        seed: random seed of the share.
        step: number of the step in the run; each step has its own share.
    """
    if not alpha:
        return inputs, targets
    share = float(generator(seed, MIXUP, step).beta(alpha, alpha))
    return share * inputs + (1 - share) * inputs.flip(0), share * targets + (1 - share) * targets.flip(0)


def binary_loss(logits: Tensor, targets: Tensor, config: LossConfig) -> Tensor:
    """Mean binary cross-entropy of the logits `[N]` of `fake`.

    With `consistency`, logits 2i and 2i + 1 belong to two views of one image, and their distance is added.
    """
    smooth = targets * (1 - 2 * config.label_smoothing) + config.label_smoothing
    losses = functional.binary_cross_entropy_with_logits(logits, smooth, reduction="none")
    if config.focal:
        probability = torch.sigmoid(logits)
        losses = losses * (targets * (1 - probability) + (1 - targets) * probability) ** config.focal
    if config.consistency:
        return losses.mean() + config.consistency * (logits[::2] - logits[1::2]).square().mean()
    return losses.mean()
