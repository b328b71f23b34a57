"""The loop, its callbacks and its checkpoints on a network of a few weights."""

from __future__ import annotations

import csv
import itertools
import math
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from unmask.errors import TrainingError
from unmask.training import Recipe
from unmask.training.callbacks import (
    BestWeights,
    Callback,
    Checkpoint,
    EarlyStopping,
    History,
    Progress,
    ReduceOnPlateau,
    TensorBoard,
)
from unmask.training.devices import Place, choose, reduced_precision
from unmask.training.loop import fit, mix, objective
from unmask.training.recipe import Loss
from unmask.training.run import Record, Run

STEPS = 5


def small_network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.3), nn.Conv2d(4, 1, 1)
    )


class Squeeze(nn.Module):
    """A class activation map from a small network."""

    def __init__(self) -> None:
        super().__init__()
        self.network = small_network()

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.network(x)
        return y.squeeze(1)


def new_run(**changes: Any) -> Run:
    settings = {"fit.epochs": 4, "fit.batch_size": 8, "fit.precision": "float32", "optimiser.learning_rate": 0.05}
    return Run(Recipe.load("tiny", **(settings | changes)), Place(torch.device("cpu")), Squeeze(), STEPS)


def batches(epoch: int, first: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Dark pictures are fake."""
    for step in range(first, STEPS):
        generator = torch.Generator().manual_seed(epoch * STEPS + step)
        targets = (torch.rand(8, generator=generator) > 0.5).float()
        light = 180 - 100 * targets.view(-1, 1, 1, 1) + 20 * torch.randn(8, 6, 6, 3, generator=generator)
        yield light.clamp(0, 255).to(torch.uint8), targets


def scripted(*values: float) -> Callable[[nn.Module], Record]:
    """A jury that reads its figures from a list."""
    figures = iter(values)
    return lambda network: {"auc": next(figures)}


def constant(network: nn.Module) -> Record:
    return {"auc": float(sum(weight.abs().sum() for weight in network.parameters()))}


def train(run: Run, callbacks: Iterable[Callback] = (), judge: Callable[[nn.Module], Record] = constant) -> Run:
    fit(run, batches, judge, list(callbacks))
    return run


def weights(network: nn.Module) -> Tensor:
    return torch.cat([value.flatten().float() for value in network.state_dict().values()])


def test_training_learns() -> None:
    run = train(new_run(**{"fit.epochs": 8}))
    losses = [record["loss"] for record in run.history]
    assert losses[-1] < 0.6 * losses[0]
    assert run.step == 8 * STEPS


def test_the_average_trails_the_network_and_equals_it_without_decay() -> None:
    assert torch.equal(
        weights(train(new_run(**{"fit.ema": 0.0})).average), weights(train(new_run(**{"fit.ema": 0.0})).network)
    )
    trailing = train(new_run(**{"fit.ema": 0.9}))
    assert not torch.equal(weights(trailing.average), weights(trailing.network))


def test_the_learning_rate_warms_up_and_falls_to_its_floor() -> None:
    run = new_run(**{"schedule.warmup": 4, "schedule.floor": 0.1, "schedule.name": "linear"})
    rates = []
    for step in range(4 * STEPS + 1):
        run.step = step
        rates.append(run.rate)
    assert rates[0] < rates[1] < rates[2]
    assert rates[-1] == pytest.approx(0.1 * 0.05)
    assert rates[4:] == sorted(rates[4:], reverse=True)


def test_a_run_shorter_than_its_warm_up_reaches_its_rate_all_the_same() -> None:
    run = new_run(**{"schedule.warmup": 200, "schedule.name": "constant"})
    run.step = STEPS
    assert run.rate == pytest.approx(0.05)


@pytest.mark.parametrize("name", ["adamw", "adam", "sgd"])
def test_every_optimiser_learns(name: str) -> None:
    run = train(new_run(**{"optimiser.name": name, "fit.epochs": 6}))
    assert run.history[-1]["loss"] < run.history[0]["loss"]


def test_early_stopping_ends_the_run_when_patience_does() -> None:
    run = train(new_run(**{"fit.epochs": 9}), [EarlyStopping("auc", 2)], scripted(0.5, 0.7, 0.6, 0.7, 0.9, 0.9))
    assert run.epoch == 4


def test_early_stopping_lets_a_run_that_progresses_go_on() -> None:
    assert train(new_run(), [EarlyStopping("auc", 1)], scripted(0.1, 0.2, 0.3, 0.4)).epoch == 4


def test_a_loss_is_better_when_it_is_lower() -> None:
    losses = iter((0.9, 0.7, 0.6, 0.65, 0.5))
    run = train(new_run(), [EarlyStopping("held_out_loss", 1)], lambda network: {"held_out_loss": next(losses)})
    assert run.epoch == 4


def test_best_weights_come_back_at_the_end(tmp_path: Path) -> None:
    seen: list[Tensor] = []

    class Watch(Callback):
        def on_epoch(self, run: Run, record: Record) -> None:
            seen.append(weights(run.average))

    best = BestWeights(tmp_path / "best.pt", "auc")
    run = train(new_run(), [Watch(), best], scripted(0.5, 0.9, 0.6, 0.7))
    assert torch.equal(weights(run.average), seen[1])
    assert not torch.equal(seen[1], seen[3])


def test_a_plateau_slows_learning_down_and_waits_again() -> None:
    run = new_run(**{"fit.epochs": 6, "schedule.name": "constant"})
    train(run, [ReduceOnPlateau("auc", 2, 0.1)], scripted(0.9, 0.8, 0.8, 0.8, 0.95, 0.1))
    rates = [record["learning_rate"] for record in run.history]
    assert rates[:3] == pytest.approx([0.05] * 3)
    assert rates[3:] == pytest.approx([0.005] * 3)


def test_an_unknown_figure_to_watch_is_said() -> None:
    with pytest.raises(TrainingError, match="no 'f1' in the history; one of epoch, loss"):
        train(new_run(), [EarlyStopping("f1", 1)])


def test_the_history_is_written_row_by_row(tmp_path: Path) -> None:
    train(new_run(), [History(tmp_path / "history.csv")], scripted(0.1, 0.2, 0.3, 0.4))
    rows = list(csv.DictReader((tmp_path / "history.csv").open()))
    assert [row["auc"] for row in rows] == ["0.1", "0.2", "0.3", "0.4"]
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]


def test_tensorboard_gets_every_figure(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    train(new_run(), [TensorBoard(tmp_path)], scripted(0.1, 0.2, 0.3, 0.4))
    events = EventAccumulator(str(tmp_path)).Reload()
    assert [round(event.value, 4) for event in events.Scalars("auc")] == [0.1, 0.2, 0.3, 0.4]


def test_progress_tells_every_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    train(new_run(), [Progress()], scripted(0.1, 0.2, 0.3, 0.4))
    lines = capsys.readouterr().err
    assert "epoch 4/4" in lines
    assert "auc 0.4" in lines


@pytest.mark.parametrize("freeze", ["", "base"])
def test_a_frozen_base_keeps_the_statistics_it_came_with(freeze: str) -> None:
    run = new_run(**{"network.freeze": freeze, "fit.epochs": 1})
    before = run.network.state_dict()["network.1.running_mean"].clone()
    train(run)
    assert torch.equal(run.network.state_dict()["network.1.running_mean"], before) == bool(freeze)


def test_a_person_sees_a_bar_with_the_time_that_is_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "160")
    train(new_run(), [Progress()], scripted(0.1, 0.2, 0.3, 0.4))
    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", capsys.readouterr().err)
    assert "20/20" in shown
    assert re.search(r"left\s+\d+:\d\d:\d\d", shown)


class Crash(Exception):
    """The power goes out."""


class CrashAt(Callback):
    """Interrupts a run at a step."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_step(self, run: Run) -> None:
        if run.step == self.step:
            raise Crash


def resumable(folder: Path) -> tuple[Run, list[Callback], Checkpoint]:
    """A run with everything that has a memory: momentum, averages, plateaus, patience, mixing, dropout."""
    run = new_run(**{"fit.epochs": 5, "fit.ema": 0.9, "loss.mixup": 0.3, "schedule.warmup": 3})
    deciding: list[Callback] = [
        BestWeights(folder / "best.pt", "auc"),
        History(folder / "history.csv"),
        EarlyStopping("auc", 3),
        ReduceOnPlateau("auc", 1, 0.5),
    ]
    return run, deciding, Checkpoint(folder / "last.pt", deciding, {"recipe": "same"}, seconds=0.0)


@pytest.mark.parametrize("crashes", [(1,), (5,), (7, 8), (3, 11, 19, 24)])
def test_an_interrupted_run_ends_with_the_same_bits(tmp_path: Path, crashes: tuple[int, ...]) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "torn").mkdir()
    run, deciding, checkpoint = resumable(tmp_path / "whole")
    expected = train(run, [*deciding, checkpoint])

    for crash in (*crashes, None):
        run, deciding, checkpoint = resumable(tmp_path / "torn")
        if checkpoint.path.exists():
            checkpoint.resume(run)
        try:
            train(run, [*deciding, *([CrashAt(crash)] if crash else []), checkpoint])
        except Crash:
            continue
    assert torch.equal(weights(run.network), weights(expected.network))
    assert torch.equal(weights(run.average), weights(expected.average))
    assert run.history == expected.history
    assert (tmp_path / "torn/history.csv").read_bytes() == (tmp_path / "whole/history.csv").read_bytes()


class Clock:
    """Time that passes only when something says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_only_learning_is_timed_and_interruptions_add_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr("unmask.training.loop.perf_counter", clock)

    def slow_batches(epoch: int, first: int) -> Iterator[tuple[Tensor, Tensor]]:
        for batch in batches(epoch, first):
            clock.now += 2
            yield batch

    def slow_judge(network: nn.Module) -> Record:
        clock.now += 1000
        return constant(network)

    class Slow(Callback):
        def on_step(self, run: Run) -> None:
            clock.now += 100

    for crash in (7, None):
        run, checkpoint = new_run(), Checkpoint(tmp_path / "last.pt", [], {}, seconds=0.0)
        if checkpoint.path.exists():
            checkpoint.resume(run)
        callbacks = [Slow(), checkpoint, *([CrashAt(crash)] if crash else [])]
        try:
            fit(run, slow_batches, slow_judge, callbacks)
        except Crash:
            clock.now += 10_000
    assert run.seconds == 2 * 4 * STEPS


def test_a_run_of_an_older_version_goes_on_without_knowing_its_time() -> None:
    run, older = new_run(), new_run().state()
    del older["seconds"]
    run.restore(older)
    assert math.isnan(run.seconds)


def test_another_runs_checkpoint_is_refused(tmp_path: Path) -> None:
    run, deciding, checkpoint = resumable(tmp_path)
    train(run, [*deciding, checkpoint])
    other = Checkpoint(checkpoint.path, deciding, {"recipe": "different"})
    with pytest.raises(TrainingError, match="another recipe"):
        other.resume(new_run())
    checkpoint.path.write_bytes(b"torn")
    with pytest.raises(TrainingError, match="cannot be read"):
        checkpoint.resume(new_run())


def test_a_run_that_goes_astray_is_stopped() -> None:
    with pytest.raises(TrainingError, match=r"not a number at step \d+; lower optimiser.learning_rate"):
        train(new_run(**{"optimiser.learning_rate": 1e30, "optimiser.clip": 0.0, "optimiser.name": "sgd"}))


def test_freezing_everything_is_an_error() -> None:
    network = Squeeze().requires_grad_(False)
    with pytest.raises(TrainingError, match="nothing to train"):
        Run(Recipe.load("tiny"), Place(torch.device("cpu")), network, 1)


def test_smoothing_and_focus_change_the_loss_as_their_papers_say() -> None:
    logits, targets = torch.tensor([2.0, -3.0]), torch.tensor([1.0, 0.0])
    plain = objective(logits, targets, Loss())
    assert plain == pytest.approx(float((-torch.log(torch.sigmoid(torch.tensor([2.0, 3.0])))).mean()))
    assert objective(logits, targets, Loss(label_smoothing=0.1)) > plain
    assert objective(logits, targets, Loss(focal=2.0)) < 0.05 * plain


def test_consistency_costs_what_two_views_of_a_picture_disagree() -> None:
    targets, settings = torch.tensor([1.0, 1.0, 0.0, 0.0]), Loss(consistency=0.5)
    agreeing, apart = torch.tensor([2.0, 2.0, -1.0, -1.0]), torch.tensor([2.0, -1.0, 2.0, -1.0])
    assert objective(agreeing, targets, settings) == objective(agreeing, targets, Loss())
    assert objective(apart, targets, settings) == pytest.approx(float(objective(apart, targets, Loss())) + 0.5 * 9)


def test_mixing_blends_pictures_and_labels_alike() -> None:
    inputs, targets = torch.eye(4).view(4, 1, 2, 2), torch.tensor([1.0, 0.0, 0.0, 0.0])
    mixed, labels = mix(inputs, targets, 0.5, 1, 7)
    share = labels[0].item()
    assert labels.tolist() == pytest.approx([share, 0, 0, 1 - share])
    assert torch.allclose(mixed[0], share * inputs[0] + (1 - share) * inputs[3])
    assert torch.equal(mix(inputs, targets, 0.0, 1, 7)[0], inputs)


def test_devices_are_chosen_by_name() -> None:
    from unmask.errors import UsageError

    assert choose("auto").type in ("cpu", "cuda", "mps")
    with pytest.raises(UsageError, match="no device 'tpu'; one of auto"):
        choose("tpu")
    if not torch.cuda.is_available():
        with pytest.raises(UsageError, match="no cuda device here"):
            choose("cuda")


def test_precision_is_reduced_where_it_pays() -> None:
    cpu = torch.device("cpu")
    assert reduced_precision("bfloat16", cpu, dense=False) is torch.bfloat16
    assert reduced_precision("float32", cpu, dense=True) is None
    assert reduced_precision("auto", cpu, dense=False) is None
    assert reduced_precision("auto", torch.device("cuda"), dense=False) is torch.bfloat16


def test_mixed_precision_learns_too() -> None:
    run = train(new_run(**{"fit.precision": "bfloat16", "fit.epochs": 8}))
    assert run.history[-1]["loss"] < 0.7 * run.history[0]["loss"]
    assert all(weight.dtype == torch.float32 for weight in itertools.chain(run.network.parameters()))
