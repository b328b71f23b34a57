"""Training one auto-encoder on crops of real pictures: closeness first, then also a critic that punishes blur."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from unmask.datasets import Item
from unmask.training.boxes import open_rgb
from unmask.training.loop import normalise
from unmask.training.rebuilding.network import AutoEncoder, Critic, Design


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast to learn.

    Attributes:
        steps: optimiser steps; the critic takes part after `alone` of them, as a share.
        batch, side: crops in a step, and their side in pixels.
        rate: peak learning rate of both networks.
        critic: weight of the critic's belief beside the distance in pixels.
        seed: of the weights and of every crop.
    """

    steps: int = 1500
    alone: float = 0.4
    batch: int = 8
    side: int = 128
    rate: float = 1e-3
    critic: float = 0.03
    seed: int = 7


def learn(items: Sequence[Item], design: Design, schedule: Schedule, note: Callable[[str], None]) -> AutoEncoder:
    """An auto-encoder trained on real pictures.

    Args:
        items: the pictures.
        design: of the network.
        schedule: of the training.
        note: hears of progress, a line now and then.
    """
    torch.manual_seed(schedule.seed)
    maker, critic = AutoEncoder(design), Critic()
    optimisers = [torch.optim.AdamW(net.parameters(), lr=schedule.rate, betas=(0.8, 0.99)) for net in (maker, critic)]
    distance = 0.0
    for step in range(schedule.steps):
        for optimiser in optimisers:
            for group in optimiser.param_groups:
                group["lr"] = schedule.rate * min(1.0, (step + 1) / 50) * (1.0 - step / schedule.steps) ** 0.5
        crops = _crops(items, schedule, step)
        with torch.autocast("cpu", torch.bfloat16):
            rebuilt = maker(crops)
        rebuilt = rebuilt.float()
        near = nn.functional.l1_loss(rebuilt, crops) + nn.functional.l1_loss(_edges(rebuilt), _edges(crops))
        judged = step >= schedule.alone * schedule.steps
        loss = near - schedule.critic * critic(rebuilt).mean() if judged else near
        _descend(optimisers[0], loss)
        if judged:
            doubt = (
                nn.functional.relu(1.0 - critic(crops)).mean()
                + nn.functional.relu(1.0 + critic(rebuilt.detach())).mean()
            )
            _descend(optimisers[1], doubt)
        distance += float(nn.functional.l1_loss(rebuilt.detach(), crops)) * 127.5 / 100
        if (step + 1) % 100 == 0:
            note(f"step {step + 1:,} of {schedule.steps:,}: {distance:.2f} grey levels from the original")
            distance = 0.0
    return maker.eval()


def _crops(items: Sequence[Item], schedule: Schedule, step: int) -> Tensor:
    """Random squares of random pictures, fixed by (seed, step): `[N, 3, side, side]` in -1..1."""
    rng = np.random.default_rng((schedule.seed, step))
    crops = []
    for index in rng.integers(len(items), size=schedule.batch):
        image = open_rgb(items[index])
        side = min(schedule.side, *image.size)
        left, top = (int(rng.integers(extent - side + 1)) for extent in image.size)
        crop = image.crop((left, top, left + side, top + side)).resize((schedule.side, schedule.side))
        crops.append(np.asarray(crop)[:, :: -1 if rng.random() < 0.5 else 1])
    return normalise(torch.from_numpy(np.stack(crops)))


def _edges(values: Tensor) -> Tensor:
    """Differences of neighbours, across and down, over each other."""
    across, down = values[..., 1:, 1:] - values[..., 1:, :-1], values[..., 1:, 1:] - values[..., :-1, 1:]
    return torch.cat([across, down], 1)


def _descend(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    optimiser.step()
