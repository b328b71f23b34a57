"""Exponential moving average of a network's weights."""

from __future__ import annotations

import torch
from torch import nn


def update_ema(ema_model: nn.Module, model: nn.Module, *, decay: float, step: int) -> None:
    """Move the averaged weights toward the current weights; buffers are copied.

    The decay grows from 2/11 with the number of steps, so that the random initial weights are forgotten fast.

    Args:
        ema_model: network of averaged weights; changed in place.
        model: network of current weights.
        decay: largest decay; 0 copies the weights.
        step: steps done, this one included.
    """
    decay = min(decay, (1 + step) / (10 + step)) if decay else 0.0
    with torch.no_grad():
        torch._foreach_lerp_(list(ema_model.parameters()), list(model.parameters()), 1 - decay)
        for averaged, current in zip(ema_model.buffers(), model.buffers(), strict=True):
            averaged.copy_(current)
