"""Training on one page: audit · split · build · fit · export · check parity · calibrate · evaluate · write the card."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from unmask.card import METADATA_KEY, ModelCard
from unmask.datasets import Audit, Dataset, audit, read_facts
from unmask.detector import Detector
from unmask.errors import TrainingError
from unmask.runtime.quantising import quantise
from unmask.training import plots
from unmask.training._interim import evaluate
from unmask.training.architectures.building import create, start
from unmask.training.boxes import find_boxes
from unmask.training.callbacks import (
    BestWeights,
    Callback,
    Checkpoint,
    EarlyStopping,
    History,
    ReduceOnPlateau,
    TensorBoard,
)
from unmask.training.calibration import balanced_weights, calibrate
from unmask.training.devices import Place, open_place
from unmask.training.exporting import TOLERANCE, check_parity, export, open_file, write_card
from unmask.training.folder import RunFolder
from unmask.training.judging import Jury
from unmask.training.loading import Batch, Exhibits, Lessons, lesson_batches, sample
from unmask.training.loop import fit
from unmask.training.parts import Parts, divide, readable
from unmask.training.recipe import Recipe
from unmask.training.run import Run
from unmask.training.sampling import Plan
from unmask.training.watching import Watching


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
    progress: bool = True,
) -> ModelCard:
    """Train a detector and write its model file, `model.onnx`, with everything that documents it.

    Args:
        dataset: labelled pictures. Where no split is given, one is made; the split that is reported on
            (`test`, else `valid`) is used for nothing else.
        recipe: what to do.
        output: folder for the model, its curves, history, audit, evaluation, and the checkpoint to resume from.
        device: "auto", "cpu", "cuda" or "mps"; under `torchrun`, each process takes its own.
        threads: CPU threads; None leaves the choice to PyTorch.
        workers: processes that read and augment pictures; None takes as many as there are cores, at most 8.
        resume: go on where the run in `output` was interrupted; it starts afresh where there is none.
        force: train even on a data set the audit refuses.
        quantize: also write `model-int8.onnx`, with its own calibration, evaluation and card.
        tensorboard: also write figures for TensorBoard into `output/tensorboard`.
        progress: show progress on stderr.

    Returns:
        The card of the model.

    Raises:
        TrainingError: the run cannot begin or go on; a finished or unfinished run is in `output` already;
            the audit refuses the data.
        RecipeError: the recipe names something that does not exist.
    """
    folder, watching = RunFolder(Path(output)), Watching(progress)
    with open_place(device, threads) as place:
        watching = watching if place.main else Watching(False)
        place.once(lambda: folder.open(recipe, resume=resume))
        parts = place.once(lambda: _prepare(dataset, recipe, folder, watching, force))
        jury = Jury(parts.held_out, parts.boxes, recipe, place, _workers(workers))
        run = _fit(recipe, parts, jury, place, folder, watching, tensorboard)
        return place.once(lambda: _finish(run, parts, jury, folder, watching, threads, quantize))


def _prepare(dataset: Dataset, recipe: Recipe, folder: RunFolder, watching: Watching, force: bool) -> Parts:
    """Audit the data, find the faces, and divide what can be read."""
    found = audit(dataset, list(read_facts(watching.over(dataset.items, "auditing"))))
    folder.write_json("audit.json", found.to_dict())
    heed(found, watching, force=force)
    boxes = find_boxes(dataset, watch=watching.over)
    return divide(readable(dataset, boxes), boxes, recipe)


def heed(found: Audit, watching: Watching, *, force: bool) -> None:
    """Tell what an audit found, and refuse to train where it refuses.

    Raises:
        TrainingError: it refuses, and nobody insists.
    """
    for fault in found.faults:
        watching.say(f"audit: {fault.name}: {fault.message}")
    if found.refused and not force:
        names = ", ".join(fault.name for fault in found.faults if fault.refuses)
        raise TrainingError(f"the audit refuses {found.dataset.name} ({names}); mend the data, or insist with --force")


def _fit(
    recipe: Recipe, parts: Parts, jury: Jury, place: Place, folder: RunFolder, watching: Watching, tensorboard: bool
) -> Run:
    """Build the network, start or resume the run, and train."""
    torch.manual_seed(recipe.seed)
    network = create(recipe.architecture, size=recipe.preparation.size, dropout=recipe.network.dropout)
    start(network, recipe.network)
    plan = Plan(parts.lessons.items, recipe.data, recipe.fakes.share, recipe.fit.batch_size, recipe.seed)
    run = Run(recipe, place, network, plan.steps)
    lessons = Lessons(parts.lessons, parts.boxes, recipe)
    callbacks, checkpoint = _callbacks(recipe, parts, folder, watching, tensorboard)
    if folder.checkpoint.exists():
        checkpoint.resume(run)
        watching.say(f"resuming at step {run.step:,} of {plan.steps * recipe.fit.epochs:,}")

    def batches(epoch: int, first: int) -> Iterable[Batch]:
        return lesson_batches(lessons, plan.batches(epoch, first, place.rank, place.world), jury.workers)

    fit(run, batches, jury.record, [*callbacks, checkpoint])
    return run


def _callbacks(
    recipe: Recipe, parts: Parts, folder: RunFolder, watching: Watching, tensorboard: bool
) -> tuple[list[Callback], Checkpoint]:
    """What a recipe asks for; the checkpoint comes last, so that it keeps what the others have decided."""
    fitting, schedule = recipe.fit, recipe.schedule
    chosen: list[Callback] = [BestWeights(folder.best, fitting.monitor), History(folder.history)]
    if fitting.patience:
        chosen.append(EarlyStopping(fitting.monitor, fitting.patience, fitting.min_delta))
    if schedule.plateau_patience:
        patience, factor = schedule.plateau_patience, schedule.plateau_factor
        chosen.append(ReduceOnPlateau(fitting.monitor, patience, factor, fitting.min_delta))
    if tensorboard:
        chosen.append(TensorBoard(folder.tensorboard))
    about = {"recipe": recipe.to_dict(), "data": parts.lessons.sha256}
    checkpoint = Checkpoint(folder.checkpoint, tuple(chosen), about)
    return [*chosen, *watching.callbacks()], checkpoint


def _finish(
    run: Run, parts: Parts, jury: Jury, folder: RunFolder, watching: Watching, threads: int | None, quantize: bool
) -> ModelCard:
    """From the trained network to the files users get."""
    recipe, network = run.recipe, run.average
    exhibits = Exhibits(parts.held_out, parts.boxes, recipe.preparation)
    shown = sample(exhibits, 24, recipe.seed)
    watching.say("exporting, calibrating and evaluating")
    export(network, recipe.preparation.size, folder.model)
    gap = check_parity(network, folder.model, shown.pixels[:8])
    watching.say(f"the file agrees with the network to {gap:.1e} (at most {TOLERANCE:g} is allowed)")
    card = document(folder.model, recipe, parts, jury, threads)
    plots.draw_curves(run.history, folder.curves)
    logits = open_file(folder.model, threads).run(pixels=shown.pixels)["logit"]
    plots.draw_grid(shown.pixels, shown.truth, logits, card, folder.grid)
    if quantize:
        quantise(folder.model, folder.int8, np.array_split(sample(exhibits, 200, recipe.seed + 1).pixels, 20))
        small = replace(recipe, name=f"{recipe.name}-int8")
        document(folder.int8, small, parts, jury, threads)
    folder.write_json("card.json", card.to_dict())
    return card


def document(model: Path, recipe: Recipe, parts: Parts, jury: Jury, threads: int | None) -> ModelCard:
    """Calibrate a model file on its own held-out scores, evaluate it as users run it, and write its card into it."""
    session = open_file(model, threads)
    tiers = recipe.fit.tiers
    logits = np.concatenate([jury.logits_of_file(session, tier) for tier in tiers])
    truth = np.tile(parts.held_out.labels == 1, len(tiers))
    weights = balanced_weights(truth, [item.source for item in parts.held_out] * len(tiers))
    calibration, decision = calibrate(logits, truth, weights, recipe.calibration)
    card = ModelCard(
        name=recipe.name,
        version=recipe.version,
        summary=recipe.summary,
        preparation=recipe.preparation,
        calibration=calibration,
        decision=decision,
        training_data=parts.describe(),
        licence=recipe.licence,
        limits=recipe.limits,
        recipe=recipe.to_dict(),
        versions={name: version(name) for name in ("torch", "onnx", "onnxruntime", "numpy", "pillow")},
    )
    write_card(model, METADATA_KEY, card.to_json())
    evaluation = evaluate(Detector.load(model, threads=threads), parts.reported)
    card = replace(card, metrics=evaluation.to_dict())
    write_card(model, METADATA_KEY, card.to_json())
    return card


def _workers(wanted: int | None) -> int:
    return min(8, os.cpu_count() or 1) if wanted is None else wanted
