"""The training loop: scenes drawn from a seed, AdamW with a one-cycle rate, averaged weights, resumable."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from unmask.training.facefinder.losses import finder_loss
from unmask.training.facefinder.network import FinderNet, grid
from unmask.training.facefinder.scenes import Composer
from unmask.training.facefinder.targets import assign


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast to learn.

    Attributes:
        steps: optimiser steps.
        batch: scenes per step.
        rate: peak learning rate.
        warmup: steps until the peak.
        seed: of the weights and of every scene; a scene depends on the seed and its number alone.
        every: steps between checkpoints and log lines.
    """

    steps: int = 13000
    batch: int = 16
    rate: float = 3e-3
    warmup: int = 200
    seed: int = 7
    every: int = 50

    def rate_at(self, step: int) -> float:
        """Linear warm-up, then a cosine down to 1 % of the peak."""
        if step < self.warmup:
            return self.rate * (step + 1) / self.warmup
        progress = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


class Learner:
    """A network in training, with everything a checkpoint holds."""

    def __init__(self, schedule: Schedule, net: FinderNet) -> None:
        self.schedule = schedule
        self.net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average: FinderNet = copy.deepcopy(self.net).eval()
        self.optimiser = torch.optim.AdamW(_groups(self.net), lr=schedule.rate, fused=True)
        self.step = 0

    def learn(self, composer: Composer) -> dict[str, float]:
        """One step; returns the parts of its loss."""
        size = self.schedule.batch
        numbers = range(self.step * size, (self.step + 1) * size)
        scenes = [composer.compose(np.random.default_rng((self.schedule.seed, number))) for number in numbers]
        pixels = torch.from_numpy(np.stack([scene.pixels for scene in scenes])).permute(0, 3, 1, 2)
        centres, strides = grid(pixels.shape[2], pixels.shape[3])
        targets = assign(centres, strides, [(scene.faces, scene.wanted) for scene in scenes])
        self.net.train()
        loss, parts = finder_loss(self.net(pixels.float() / 127.5 - 1.0), targets, centres, strides)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        for group in self.optimiser.param_groups:
            group["lr"] = self.schedule.rate_at(self.step)
        self.optimiser.step()
        self.step += 1
        self._blend()
        return parts

    def _blend(self) -> None:
        """Move the averaged weights towards the current ones; running statistics are taken over."""
        share = 1 - min(0.998, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.net.parameters()), share)
            for mine, theirs in zip(self.average.buffers(), self.net.buffers(), strict=True):
                mine.copy_(theirs)

    def save(self, path: Path) -> None:
        """Write a checkpoint; a half-written one never replaces a whole one."""
        state = {name: getattr(self, name).state_dict() for name in ("net", "average", "optimiser")}
        torch.save({**state, "step": self.step}, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def load(self, path: Path) -> None:
        """Continue from a checkpoint."""
        state: dict[str, Any] = torch.load(path, weights_only=True)
        for name in ("net", "average", "optimiser"):
            getattr(self, name).load_state_dict(state[name])
        self.step = state["step"]


def fit(learner: Learner, composer: Composer, checkpoint: Path, note: Callable[[str], None]) -> FinderNet:
    """Run the schedule to its end, from wherever the learner stands; returns the averaged network."""
    schedule, started, first = learner.schedule, time.monotonic(), learner.step
    sums: dict[str, float] = {}
    while learner.step < schedule.steps:
        for name, value in learner.learn(composer).items():
            sums[name] = sums.get(name, 0.0) + value / schedule.every
        if learner.step % schedule.every == 0 or learner.step == schedule.steps:
            pace = (learner.step - first) * schedule.batch / (time.monotonic() - started)
            parts = " ".join(f"{name} {value:.4f}" for name, value in sums.items())
            note(f"step {learner.step}/{schedule.steps} {parts} {pace:.1f} scenes/s")
            learner.save(checkpoint)
            sums = {}
    return learner.average


def _groups(net: nn.Module) -> list[dict[str, Any]]:
    """Weight decay for convolution kernels alone."""
    kernels = [p for p in net.parameters() if p.ndim > 1]
    others = [p for p in net.parameters() if p.ndim <= 1]
    return [{"params": kernels, "weight_decay": 0.02}, {"params": others, "weight_decay": 0.0}]
