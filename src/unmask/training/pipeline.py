"""Training in one page: audit, split, build, fit, export, check parity, calibrate, evaluate, write the card."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from unmask._files import write_atomic
from unmask.card import ModelCard
from unmask.card_reader import model_inputs, read_card
from unmask.datasets import Audit, Dataset, audit, read_file_properties
from unmask.datasets.file_properties import FileProperties
from unmask.datasets.splitting import HashesByName
from unmask.datasets.training_hashes import TrainingHashes
from unmask.errors import TrainingError
from unmask.mlflow_tracking import MlflowRun
from unmask.progress import track
from unmask.runtime.quantization import quantize as quantize_model
from unmask.training import plots
from unmask.training.config import Recipe
from unmask.training.console import Console
from unmask.training.context import TrainingContext
from unmask.training.data.datasets import Batch, EvalDataset, TrainDataset, random_sample, train_loader
from unmask.training.data.face_box_cache import find_face_boxes
from unmask.training.data.sampler import EpochSampler
from unmask.training.data.splits import DataSplits, add_missing_splits, make_splits
from unmask.training.engine.callbacks import Callback
from unmask.training.engine.checkpoint import Checkpoint
from unmask.training.engine.distillation import load_teacher, resolve_teacher
from unmask.training.engine.distributed import DistributedContext, forward_dtype, open_distributed
from unmask.training.engine.loggers import (
    MlflowLogger,
    ProgressLogger,
    TensorBoardLogger,
    callbacks_from,
    describe_position,
)
from unmask.training.engine.loop import fit
from unmask.training.engine.losses import DetectorLoss
from unmask.training.engine.state import TrainOptions, TrainState, build_optimizer
from unmask.training.engine.validation import Validator
from unmask.training.export.model_card import update_card, write_card
from unmask.training.export.onnx import export, open_file
from unmask.training.export.parity import TOLERANCE, check_parity
from unmask.training.mlflow_logging import log_model, training_run
from unmask.training.models.factory import create_model, find_weights, initialize, set_train_mode
from unmask.training.models.registry import ARCHITECTURES
from unmask.training.result_summary import file_lines, fit_outcome
from unmask.training.run_dir import RunDir
from unmask.zoo import hashes_name


def train(
    dataset: Dataset,
    recipe: Recipe,
    *,
    output: str | os.PathLike[str],
    device: str = "auto",
    threads: int | None = None,
    workers: int | None = None,
    resume: bool = False,
    force: bool = False,
    quantize: bool = False,
    tensorboard: bool = False,
    mlflow: bool = False,
    progress: bool = True,
) -> ModelCard:
    """Train a detector and write its model file `model.onnx`, with its card, curves, audit and evaluation.

    Args:
        dataset: labeled images. If it has no splits, they are made; the test split (`test`, else `valid`) is used for
            the figures of the card and for nothing else.
        recipe: the configuration.
        output: folder for the model, history, curves, audit, evaluation, and the checkpoint to resume from.
        device: "auto", "cpu", "cuda" or "mps"; under `torchrun`, each process takes its own.
        threads: CPU threads; None leaves the choice to PyTorch.
        workers: processes that load and augment images; None for the number of cores, at most 8.
        resume: continue the interrupted run in `output`; a new run starts if there is none.
        force: train even if the audit fails.
        quantize: also write `model-int8.onnx`, with its own calibration, evaluation and card.
        tensorboard: also write figures for TensorBoard into `output/tensorboard`.
        mlflow: also log the run, its figures and the model file to the server of `MLFLOW_TRACKING_URI`.
        progress: show progress on stderr.

    Returns:
        The card of the model.

    Raises:
        TrainingError: the audit failed and `force` is False; another run uses `output`; or the run cannot start or
            continue.
        RecipeError: the recipe names something that does not exist.
    """
    recipe, teacher = resolve_teacher(recipe)
    base = base_card(recipe)
    initial = [find_weights(recipe.network.weights)] if base else []
    with ExitStack() as stack:
        distributed = stack.enter_context(open_distributed(device, threads))
        console = Console(progress and distributed.main)
        context = TrainingContext(recipe, RunDir(Path(output)), distributed, console, threads, worker_count(workers))
        distributed.on_main(lambda: stack.enter_context(context.run_dir.locked()))
        distributed.on_main(lambda: context.run_dir.prepare(recipe, resume=resume))
        if resume and not context.run_dir.checkpoint.exists():
            console.log(f"{context.run_dir.path} has no checkpoint: a new run starts")
        run = stack.enter_context(training_run(context, dataset)) if mlflow and distributed.main else None
        splits = distributed.on_main(lambda: prepare_splits(context, dataset, force=force, initial=initial))
        for warning in config_warnings(recipe, splits, {"network.weights": base, "distillation.model": teacher}):
            console.log(warning)
        validator = Validator(splits.calibration, splits.boxes, recipe, distributed, context.workers)
        state = fit_model(context, splits, validator, tensorboard=tensorboard, run=run)
        return distributed.on_main(lambda: _finish(context, state, splits, validator, quantize, run))


def prepare_splits(
    context: TrainingContext,
    dataset: Dataset,
    *,
    force: bool,
    initial: Sequence[str | os.PathLike[str]] = (),
) -> DataSplits:
    """Audit the data, find the faces, make the splits, and write the hashes of the training images.

    Args:
        context: the context of the run.
        dataset: all images.
        force: continue even if the audit fails.
        initial: models that the new one is made from; their training images count as its own.
    """
    console, run_dir = context.console, context.run_dir
    with console.progress_bar() as progress:
        properties = list(read_file_properties(track(dataset.items, "auditing", progress)))
    result = audit(dataset, properties)
    run_dir.write_json("audit.json", result.to_dict())
    enforce_audit(result, console, force=force)
    hashes = {
        item.name: each.hash for item, each in zip(dataset, properties, strict=True) if isinstance(each, FileProperties)
    }
    keep = run_dir.checkpoint.exists()
    dataset = add_missing_splits(dataset, run_dir.splits, context.recipe, keep=keep, hashes=hashes)
    with console.progress_bar() as progress:
        boxes = find_face_boxes(dataset, progress=progress, log=console.log)
    splits = make_splits(dataset, boxes, context.recipe, hashes)
    write_training_hashes(context, splits.train, hashes, initial)
    return splits


def write_training_hashes(
    context: TrainingContext, training: Dataset, hashes: HashesByName, initial: Sequence[str | os.PathLike[str]]
) -> None:
    """Write the hashes of the training images, with those of the models that the new one is made from."""
    found = TrainingHashes.of(training, hashes)
    for model in initial:
        earlier = TrainingHashes.load(model, read_card(model)[0])
        found = found.joined(earlier) if earlier else found
    write_atomic(context.run_dir.hashes, found.to_bytes())


def enforce_audit(result: Audit, console: Console, *, force: bool) -> None:
    """Report the faults an audit found, and stop if it failed.

    Raises:
        TrainingError: the audit failed and `force` is False.
    """
    for fault in result.faults:
        console.log(f"audit: {fault.name}: {fault.message}")
    if result.failed and not force:
        names = ", ".join(fault.name for fault in result.faults if fault.is_error)
        raise TrainingError(f"the audit of {result.dataset.name} failed ({names}); fix the data, or pass --force")


def base_card(recipe: Recipe) -> ModelCard | None:
    """The card of the model file that provides the initial weights; None for other weights.

    Raises:
        RecipeError: the file does not exist.
        BadModelFile: the file is not an unmask model.
    """
    weights = recipe.network.weights
    return read_card(find_weights(weights))[0] if weights.endswith(".onnx") else None


def config_warnings(recipe: Recipe, splits: DataSplits, models: Mapping[str, ModelCard | None]) -> Iterator[str]:
    """Warnings about settings that have no effect with these images, or make the figures too optimistic.

    Args:
        recipe: the configuration.
        splits: the images.
        models: models the network learns from, by the recipe key that names them.
    """
    sources, unknown = splits.train.sources, sorted(set(recipe.data.shares) - set(splits.train.sources))
    if recipe.fit.patience >= recipe.fit.epochs:
        yield (
            f"fit.patience: {recipe.fit.patience} epochs in a run of {recipe.fit.epochs}: early stopping cannot happen"
        )
    if unknown:
        yield f"data.shares: no pictures of {', '.join(unknown)}; there are {', '.join(sources)}"
    if recipe.data.shares and recipe.data.balance != "source-and-class":
        yield f'data.shares: have no effect with data.balance="{recipe.data.balance}"'
    for key, card in models.items():
        if card and not splits.held_out_by(card, recipe.data):
            yield (
                f"{key}: {card.name} may have been trained on images of this run's calibration or test split; "
                "its figures may be too good"
            )


def fit_model(
    context: TrainingContext,
    splits: DataSplits,
    validator: Validator,
    *,
    tensorboard: bool = False,
    run: MlflowRun | None = None,
) -> TrainState:
    """Build the network, start or resume the run, and train.

    Raises:
        TrainingError: the batch size does not suit the number of processes, or the run cannot continue.
        RecipeError: the network or its initial weights do not exist or do not match.
    """
    recipe, distributed, run_dir = context.recipe, context.distributed, context.run_dir
    unit = distributed.world * (2 if recipe.loss.consistency else 1)
    if recipe.fit.batch_size % unit:
        raise TrainingError(f"fit.batch_size is {recipe.fit.batch_size}; make it a multiple of {unit}")
    sampler = EpochSampler.from_recipe(recipe, splits.train.items)
    state = new_state(recipe, distributed, sampler.steps)
    decisions = callbacks_from(recipe, run_dir, validator.monitor)
    fingerprint = {"recipe": recipe.to_dict(), "data": splits.train.fingerprint}
    checkpoint = Checkpoint(run_dir.checkpoint, decisions, fingerprint)
    if run_dir.checkpoint.exists():
        checkpoint.resume(state)
        context.console.log(f"resuming the run in {run_dir.path}: {describe_position(state)}")
    images, teacher = TrainDataset(splits.train, splits.boxes, recipe), load_teacher(recipe, context.threads)

    def batches(epoch: int, first: int) -> Iterable[Batch]:
        samples = sampler.batches(epoch, first, distributed.rank, distributed.world)
        loaded = train_loader(images, samples, context.workers)
        return map(teacher.soften_targets, loaded) if teacher else loaded

    reports: list[Callback] = [TensorBoardLogger(run_dir.tensorboard)] if tensorboard and distributed.main else []
    reports += [MlflowLogger(run)] if run else []
    if context.console.active:
        reports.append(ProgressLogger(context.console))
    loss = DetectorLoss(recipe.loss, recipe.seed)
    fit(state, batches, loss, validator.evaluate, [*decisions, *reports, checkpoint])
    context.console.log(fit_outcome(state, decisions))
    return state


def new_state(recipe: Recipe, distributed: DistributedContext, steps_per_epoch: int) -> TrainState:
    """The network of a recipe with its initial weights, and the state before the first step."""
    torch.manual_seed(recipe.seed)
    network = create_model(recipe.architecture, size=recipe.preprocessing.size, dropout=recipe.network.dropout)
    initialize(network, weights=recipe.network.weights, freeze=bool(recipe.network.freeze))
    options = train_options(recipe, distributed, steps_per_epoch)
    return TrainState.create(network, options, distributed, lambda model: build_optimizer(model, recipe.optimizer))


def train_options(recipe: Recipe, distributed: DistributedContext, steps_per_epoch: int) -> TrainOptions:
    """Length, speed and precision of the run of a recipe."""
    dense = ARCHITECTURES[recipe.architecture].dense
    return TrainOptions(
        epochs=recipe.fit.epochs,
        steps_per_epoch=steps_per_epoch,
        batch_size=recipe.fit.batch_size,
        learning_rate=recipe.optimizer.learning_rate,
        schedule=recipe.schedule,
        clip=recipe.optimizer.clip,
        ema=recipe.fit.ema,
        seed=recipe.seed,
        dtype=forward_dtype(recipe.fit.precision, distributed.device, dense=dense),
        train_mode=partial(set_train_mode, frozen_base=bool(recipe.network.freeze)),
    )


def _finish(
    context: TrainingContext,
    state: TrainState,
    splits: DataSplits,
    validator: Validator,
    quantize: bool,
    run: MlflowRun | None,
) -> ModelCard:
    """Export the trained network and write all files of the run."""
    recipe, run_dir, network = context.recipe, context.run_dir, state.ema_model
    images = EvalDataset(splits.calibration, splits.boxes, recipe.preprocessing)
    shown = random_sample(images, 24, recipe.seed)
    context.console.log("exporting, calibrating and evaluating")
    export(network, recipe.preprocessing.size, run_dir.draft)
    gap = check_parity(network, run_dir.draft, shown.pixels[:8])
    context.console.log(f"the file agrees with the network to {gap:.1e} (at most {TOLERANCE:g} is allowed)")
    card = write_card(context, run_dir.model, recipe, splits, validator, state.history)
    plots.draw_curves(state.history, run_dir.curves)
    logits = open_file(run_dir.model, context.threads).run(pixels=shown.pixels)["logit"]
    plots.draw_grid(shown.pixels, shown.is_fake, logits, card, run_dir.grid)
    if quantize:
        add_int8(context, recipe, card, splits, validator)
    if run:
        log_model(run, card, run_dir.path)
    for line in ("files of this run:", *file_lines(run_dir)):
        context.console.log(line)
    return card


def add_int8(
    context: TrainingContext, recipe: Recipe, card: ModelCard, splits: DataSplits, validator: Validator
) -> None:
    """Write the 8-bit variant of the finished model, with its own calibration, evaluation and card.

    The card lists the loss of accuracy among the limits.
    """
    run_dir = context.run_dir
    images = EvalDataset(splits.calibration, splits.boxes, recipe.preprocessing)
    sample, session = random_sample(images, 200, recipe.seed + 1), open_file(run_dir.model)
    parts = np.array_split(np.arange(len(sample.pixels)), max(1, len(sample.pixels) // 10))
    batches = (model_inputs(session, sample.pixels[part], sample.face_regions[part]) for part in parts)
    quantize_model(run_dir.model, run_dir.draft, batches)
    shutil.copyfile(run_dir.hashes, run_dir.int8.with_name(hashes_name(run_dir.int8.name)))
    int8 = write_card(context, run_dir.int8, replace(recipe, name=f"{recipe.name}-int8"), splits, validator)
    cost = _int8_cost(card, int8)
    context.console.log(cost)
    update_card(context, run_dir.int8, replace(int8, limits=(*int8.limits, cost)))


def _int8_cost(card: ModelCard, int8: ModelCard) -> str:
    """The change of AUC and accuracy by quantization, on the clean test split."""
    before, after = (each.metrics["tiers"]["clean"]["all"] for each in (card, int8))
    figures = [f"{name} {before[name][0]:.4f} → {after[name][0]:.4f}" for name in ("auc", "accuracy") if name in before]
    return f"8 bits instead of 32: {', '.join(figures)}."


def worker_count(workers: int | None) -> int:
    """The given number of loader processes; None for the number of cores, at most 8."""
    return min(8, os.cpu_count() or 1) if workers is None else workers
