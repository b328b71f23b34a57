"""The training loop: steps, epochs, validation after each epoch, and callbacks.

One loop serves the detector (`unmask.training.pipeline`) and the networks of `research`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from time import perf_counter
from typing import Any, TypeVar

import torch
from torch import nn

from unmask.errors import TrainingError
from unmask.training.engine.callbacks import Callback
from unmask.training.engine.state import Record, StepResult, TrainState

B = TypeVar("B")
Batches = Callable[[int, int], Iterable[B]]
"""Epoch and first step in it to the batches from there on."""
LossFunction = Callable[[nn.Module, B, TrainState], StepResult]
"""Network, batch and state to the mean loss, and to the accuracy if there are classes."""


def fit(
    state: TrainState,
    batches: Batches[B],
    loss_function: LossFunction[B],
    validate: Callable[[nn.Module], Record],
    callbacks: Sequence[Callback],
) -> None:
    """Train until all epochs are done or a callback stops the run.

    Args:
        state: new, or restored from a checkpoint.
        batches: training data.
        loss_function: loss of one batch.
        validate: figures of the averaged network for the history.
        callbacks: called in this order after every step and epoch.

    Raises:
        TrainingError: the loss is not finite.
    """
    model = state.distributed.wrap_ddp(state.model)
    try:
        for callback in callbacks:
            callback.on_start(state)
        while state.epoch < state.options.epochs and not state.stop:
            state.options.train_mode(state.model)
            started = perf_counter()
            for batch in batches(state.epoch, state.epoch_step):
                train_step(state, model, batch, loss_function)
                state.seconds += perf_counter() - started
                for callback in callbacks:
                    callback.on_step(state)
                started = perf_counter()
            finish_epoch(state, validate, callbacks)
        for callback in callbacks:
            callback.on_end(state)
    finally:
        for callback in callbacks:
            callback.close()


def finish_epoch(state: TrainState, validate: Callable[[nn.Module], Record], callbacks: Sequence[Callback]) -> None:
    """Validate the averaged network and append the epoch to the history."""
    check_finite(state)
    record = {
        "epoch": state.epoch + 1,
        "loss": _mean_over_steps(state, state.loss_sum),
        "learning_rate": state.learning_rate,
        **validate(state.ema_model),
    }
    if state.accuracy_sum is not None:
        record["train_accuracy"] = _mean_over_steps(state, state.accuracy_sum)
    state.loss_sum, state.accuracy_sum = torch.zeros_like(state.loss_sum), None
    state.history.append(record)
    for callback in callbacks:
        callback.on_epoch(state, record)


def _mean_over_steps(state: TrainState, total: torch.Tensor) -> float:
    """The mean of a sum over the steps of the epoch and over all processes."""
    return sum(state.distributed.gather(float(total))) / state.distributed.world / state.options.steps_per_epoch


def train_step(state: TrainState, model: nn.Module, batch: Any, loss_function: LossFunction[Any]) -> None:
    """One step: forward, backward, update. Random numbers depend on the seed and the step alone."""
    options, distributed = state.options, state.distributed
    torch.manual_seed((options.seed << 24) + state.step * distributed.world + distributed.rank)
    loss, accuracy = loss_function(model, batch, state)
    for group in state.optimizer.param_groups:
        group["lr"] = state.learning_rate
    state.optimizer.zero_grad(set_to_none=True)
    state.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
    if options.clip:
        state.scaler.unscale_(state.optimizer)
        nn.utils.clip_grad_norm_(state.model.parameters(), options.clip)
    state.scaler.step(state.optimizer)
    state.scaler.update()
    state.step += 1
    state.update_ema()
    state.loss_sum += loss.detach()
    if accuracy is not None:
        state.accuracy_sum = accuracy if state.accuracy_sum is None else state.accuracy_sum + accuracy
    if state.step % 20 == 0:
        check_finite(state)


def check_finite(state: TrainState) -> None:
    """Stop a diverged run; called every 20 steps, because reading the loss waits for the device.

    Raises:
        TrainingError: the loss is not finite.
    """
    if not torch.isfinite(state.loss_sum):
        raise TrainingError(f"the loss is not a number at step {state.step}; lower optimizer.learning_rate")
