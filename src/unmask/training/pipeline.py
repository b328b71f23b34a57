"""Training on one page: audit · split · build · fit · export · check parity · calibrate · evaluate · write the card."""

from __future__ import annotations

import os
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from unmask.card import METADATA_KEY, ModelCard
from unmask.datasets import Dataset
from unmask.detector import Detector
from unmask.runtime.quantising import quantise
from unmask.training import plots
from unmask.training._interim import audit, evaluate
from unmask.training.architectures.building import create, start
from unmask.training.boxes import find_boxes
from unmask.training.calibration import balanced_weights, calibrate
from unmask.training.devices import Place, open_place
from unmask.training.exporting import TOLERANCE, check_parity, export, open_file, write_card
from unmask.training.folder import RunFolder
from unmask.training.judging import Jury
from unmask.training.loading import Exhibits, Lessons, lesson_batches
from unmask.training.loop import fit
from unmask.training.parts import Parts, divide, readable, refuse
from unmask.training.recipe import Recipe
from unmask.training.run import Run
from unmask.training.sampling import Plan
from unmask.training.watching import Watching, callbacks_of


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
    watching.say(f"auditing {len(dataset):,} pictures")
    refuse(folder.keep(folder.audit, audit(dataset)), watching, force=force)
    boxes = find_boxes(dataset, watch=watching.over)
    return divide(readable(dataset, boxes, watching), boxes, recipe)


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
    callbacks, checkpoint = callbacks_of(recipe, parts, folder, watching, tensorboard)
    if folder.checkpoint.exists():
        checkpoint.resume(run)
        watching.say(f"resuming at step {run.step:,} of {plan.steps * recipe.fit.epochs:,}")
    fit(
        run,
        lambda epoch, first: lesson_batches(
            lessons, plan.batches(epoch, first=first, rank=place.rank, world=place.world), jury.workers
        ),
        jury.record,
        callbacks,
    )
    return run


def _finish(
    run: Run, parts: Parts, jury: Jury, folder: RunFolder, watching: Watching, threads: int | None, quantize: bool
) -> ModelCard:
    """From the trained network to the files users get."""
    recipe, network = run.recipe, run.average
    samples = Exhibits(parts.held_out, parts.boxes, recipe.preparation).sample(32, recipe.seed)
    watching.say("exporting, calibrating and evaluating")
    export(network, recipe.preparation.size, folder.model)
    gap = check_parity(network, folder.model, samples.pixels[:8])
    watching.say(f"the file agrees with the network to {gap:.1e} (at most {TOLERANCE:g} is allowed)")
    card = document(folder.model, recipe, parts, jury, threads, watching)
    plots.draw_curves(run.history, folder.curves)
    shown = open_file(folder.model, threads).run(pixels=samples.pixels)["logit"]
    plots.draw_grid(samples.pixels[:24], samples.truth[:24], shown[:24], card, folder.grid)
    if quantize:
        calibrating = Exhibits(parts.held_out, parts.boxes, recipe.preparation).sample(200, recipe.seed + 1)
        quantise(folder.model, folder.int8, np.array_split(calibrating.pixels, 20))
        small = replace(recipe, name=f"{recipe.name}-int8")
        watching.compare(card, document(folder.int8, small, parts, jury, threads, watching))
    folder.close(card)
    return card


def document(
    model: Path, recipe: Recipe, parts: Parts, jury: Jury, threads: int | None, watching: Watching
) -> ModelCard:
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
    watching.report(evaluation, model.with_name(f"{model.stem}-evaluation.json"))
    card = replace(card, metrics=evaluation.to_dict())
    write_card(model, METADATA_KEY, card.to_json())
    return card


def _workers(wanted: int | None) -> int:
    return min(8, os.cpu_count() or 1) if wanted is None else wanted
