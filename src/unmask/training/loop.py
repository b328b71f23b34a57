"""The training loop: epochs of steps, a look at the held-out part after each, and hooks for everything else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from time import perf_counter

import torch
from torch import Tensor, nn
from torch.nn import functional

from unmask.errors import TrainingError
from unmask.training.architectures.building import HEAD, logit_of
from unmask.training.callbacks import Callback
from unmask.training.recipe import Loss
from unmask.training.run import Record, Run
from unmask.training.sampling import MIXING, generator

Batches = Callable[[int, int], Iterable[tuple[Tensor, Tensor]]]
"""Epoch and first step to the batches from there on: uint8 pixels `[N, H, W, 3]`, targets `[N]`."""


def fit(run: Run, batches: Batches, judge: Callable[[nn.Module], Record], callbacks: Sequence[Callback]) -> None:
    """Train until the recipe's epochs are done or a callback asks to stop.

    Args:
        run: where to begin; it may have been restored.
        batches: what to learn from.
        judge: figures of a network on the held-out part.
        callbacks: told of every step and epoch, in this order.

    Raises:
        TrainingError: the loss is not a number any more.
    """
    learner = run.place.spread(run.network)
    try:
        for callback in callbacks:
            callback.on_start(run)
        while run.epoch < run.recipe.fit.epochs and not run.stop:
            set_training(run)
            began = perf_counter()
            for pixels, targets in batches(run.epoch, run.first_step):
                step(run, learner, pixels, targets)
                run.seconds += perf_counter() - began
                for callback in callbacks:
                    callback.on_step(run)
                began = perf_counter()
            finish_epoch(run, judge, callbacks)
        for callback in callbacks:
            callback.on_end(run)
    finally:
        for callback in callbacks:
            callback.close()


def finish_epoch(run: Run, judge: Callable[[nn.Module], Record], callbacks: Sequence[Callback]) -> None:
    """Judge the averaged network and write the epoch into the history."""
    check_finite(run)
    loss = sum(run.place.gather(float(run.losses))) / run.place.world / run.steps_per_epoch
    record = {"epoch": run.epoch + 1, "loss": loss, "learning_rate": run.rate, **judge(run.average)}
    run.losses = torch.zeros_like(run.losses)
    run.history.append(record)
    for callback in callbacks:
        callback.on_epoch(run, record)


def step(run: Run, learner: nn.Module, pixels: Tensor, targets: Tensor) -> None:
    """One step: forward, backward, update; random numbers depend on the seed and the step alone."""
    recipe = run.recipe
    torch.manual_seed((recipe.seed << 24) + run.step * run.place.world + run.place.rank)
    inputs, targets = normalise(pixels.to(run.place.device, non_blocking=True)), targets.to(run.place.device)
    inputs, targets = mix(inputs, targets, recipe.loss.mixup, recipe.seed, run.step)
    with run.autocast():
        output = learner(inputs)
    loss = objective(logit_of(output.float()), targets, recipe.loss)
    for group in run.optimiser.param_groups:
        group["lr"] = run.rate
    run.optimiser.zero_grad(set_to_none=True)
    run.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
    if recipe.optimiser.clip:
        run.scaler.unscale_(run.optimiser)
        nn.utils.clip_grad_norm_(run.network.parameters(), recipe.optimiser.clip)
    run.scaler.step(run.optimiser)
    run.scaler.update()
    run.step += 1
    run.update_average()
    run.losses += loss.detach()
    if run.step % 20 == 0:
        check_finite(run)


def check_finite(run: Run) -> None:
    """Stop a run that has gone astray; asked for now and then, because the answer waits for the device.

    Raises:
        TrainingError: the loss is not a number.
    """
    if not torch.isfinite(run.losses):
        raise TrainingError(f"the loss is not a number at step {run.step}; lower optimiser.learning_rate")


def set_training(run: Run) -> None:
    """Training mode; a frozen base keeps the statistics it came with."""
    run.network.train()
    if run.recipe.network.freeze:
        for name, module in run.network.named_children():
            module.train(name in (HEAD, "dropout"))


def normalise(pixels: Tensor) -> Tensor:
    """uint8 `[N, H, W, 3]` to float `[N, 3, H, W]` in [-1, 1]."""
    return (pixels.permute(0, 3, 1, 2).float() / 127.5 - 1.0).contiguous(memory_format=torch.channels_last)


def mix(inputs: Tensor, targets: Tensor, strength: float, seed: int, number: int) -> tuple[Tensor, Tensor]:
    """Each picture blended with its mirror in the batch, labels alike; by how much is drawn from Beta(s, s)."""
    if not strength:
        return inputs, targets
    share = float(generator(seed, MIXING, number).beta(strength, strength))
    return share * inputs + (1 - share) * inputs.flip(0), share * targets + (1 - share) * targets.flip(0)


def objective(logits: Tensor, targets: Tensor, settings: Loss) -> Tensor:
    """Mean cross-entropy of the logits of `fake`, smoothed and focused as the recipe says.

    With consistency, every second logit is of another view of the picture before, and the two are drawn together.
    """
    smooth = targets * (1 - 2 * settings.label_smoothing) + settings.label_smoothing
    losses = functional.binary_cross_entropy_with_logits(logits, smooth, reduction="none")
    if settings.focal:
        probability = torch.sigmoid(logits)
        losses = losses * (targets * (1 - probability) + (1 - targets) * probability) ** settings.focal
    if settings.consistency:
        return losses.mean() + settings.consistency * (logits[::2] - logits[1::2]).square().mean()
    return losses.mean()
