"""Training on one page: audit · split · build · fit · export · check parity · calibrate · evaluate · write the card."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from unmask.card import ModelCard
from unmask.datasets import Audit, Dataset, audit, read_facts
from unmask.datasets.facts import Facts
from unmask.detector import read_card
from unmask.errors import TrainingError
from unmask.runtime.quantising import quantise
from unmask.training import plots
from unmask.training.architectures.building import create, find_weights, start
from unmask.training.boxes import find_boxes
from unmask.training.callbacks import Callback, Checkpoint, TensorBoard, chosen_by
from unmask.training.devices import open_place
from unmask.training.documenting import document, restate
from unmask.training.exporting import TOLERANCE, check_parity, export, open_file
from unmask.training.folder import RunFolder
from unmask.training.judging import Jury
from unmask.training.loading import Batch, Exhibits, Lessons, lesson_batches, sample
from unmask.training.loop import fit
from unmask.training.parts import Parts, divide, split
from unmask.training.recipe import Recipe
from unmask.training.run import Run
from unmask.training.sampling import Plan
from unmask.training.teaching import name_teacher, open_teacher
from unmask.training.watching import Watching
from unmask.training.workshop import Workshop


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
        TrainingError: the run cannot begin or go on; another run is in `output` already; the audit refuses the data.
        RecipeError: the recipe names something that does not exist.
    """
    recipe, teacher = name_teacher(recipe)
    before = predecessor(recipe)
    with ExitStack() as stack:
        place = stack.enter_context(open_place(device, threads))
        watching = Watching(progress and place.main)
        shop = Workshop(recipe, RunFolder(Path(output)), place, watching, threads, count_workers(workers))
        place.once(lambda: stack.enter_context(shop.folder.claimed()))
        place.once(lambda: shop.folder.open(recipe, resume=resume))
        parts = place.once(lambda: prepare_parts(shop, dataset, force=force))
        for caution in cautions(recipe, parts, {"network.weights": before, "teacher.model": teacher}):
            watching.say(caution)
        jury = Jury(parts.held_out, parts.boxes, recipe, place, shop.workers)
        run = learn(shop, parts, jury, tensorboard=tensorboard)
        return place.once(lambda: _finish(shop, run, parts, jury, quantize))


def prepare_parts(shop: Workshop, dataset: Dataset, *, force: bool) -> Parts:
    """Audit the data, make sure of the splits, and find the faces."""
    with shop.watching.over(dataset.items, "auditing") as items:
        facts = list(read_facts(items))
    found = audit(dataset, facts)
    shop.folder.write_json("audit.json", found.to_dict())
    heed(found, shop.watching, force=force)
    known = {item.name: fact.hash for item, fact in zip(dataset, facts, strict=True) if isinstance(fact, Facts)}
    dataset = split(dataset, shop.folder.splits, shop.recipe, keep=shop.folder.checkpoint.exists(), known=known)
    boxes = find_boxes(dataset, watch=shop.watching.over, say=shop.watching.say)
    return divide(dataset, boxes, shop.recipe, known)


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


def predecessor(recipe: Recipe) -> ModelCard | None:
    """The card of the model that a run goes on from, if it is one.

    Raises:
        RecipeError: no such file.
        BadModelFile: it is no model of ours.
    """
    weights = recipe.network.weights
    return read_card(find_weights(weights))[0] if weights.endswith(".onnx") else None


def cautions(recipe: Recipe, parts: Parts, models: Mapping[str, ModelCard | None]) -> Iterator[str]:
    """What a recipe asks for that cannot happen with these pictures, or not as honestly, in words.

    Args:
        recipe: what is to be done.
        parts: the pictures.
        models: what the network learns from beside them, by the key that names it.
    """
    sources = parts.lessons.sources
    fitting, strange = recipe.fit, sorted(set(recipe.data.shares) - set(sources))
    if fitting.patience >= fitting.epochs:
        yield f"fit.patience: {fitting.patience} epochs in a run of {fitting.epochs}: early stopping cannot happen"
    if strange:
        yield f"data.shares: no pictures of {', '.join(strange)}; there are {', '.join(sources)}"
    if recipe.data.shares and recipe.data.balance != "source-and-class":
        yield f'data.shares: have no effect with data.balance="{recipe.data.balance}"'
    for key, card in models.items():
        if card and not (parts.kept_apart_by(card) or _both_lasting(recipe, card)):
            yield f"{key}: {card.name} may have learnt from pictures that calibrate this run or that it reports on"


def _both_lasting(recipe: Recipe, card: ModelCard) -> bool:
    """Whether the names of groups alone decided what is set aside, here and for a model before."""
    before = card.recipe.get("data", {})
    return recipe.data.lasting and bool(before.get("lasting")) and before.get("hold_out") == recipe.data.hold_out


def learn(shop: Workshop, parts: Parts, jury: Jury, *, tensorboard: bool = False) -> Run:
    """Build the network, start or resume the run, and train.

    Raises:
        TrainingError: the recipe's batches cannot be dealt out here, or the run cannot go on.
        RecipeError: the network or its initial weights do not exist or fit.
    """
    recipe, place = shop.recipe, shop.place
    unit = place.world * (2 if recipe.loss.consistency else 1)
    if recipe.fit.batch_size % unit:
        raise TrainingError(f"fit.batch_size {recipe.fit.batch_size} must be a multiple of {unit} here")
    torch.manual_seed(recipe.seed)
    network = create(recipe.architecture, size=recipe.preparation.size, dropout=recipe.network.dropout)
    start(network, recipe.network)
    plan = Plan.following(recipe, parts.lessons.items)
    run, lessons = Run(recipe, place, network, plan.steps), Lessons(parts.lessons, parts.boxes, recipe)
    deciding = chosen_by(recipe, shop.folder)
    about = {"recipe": recipe.to_dict(), "data": parts.lessons.fingerprint}
    checkpoint = Checkpoint(shop.folder.checkpoint, deciding, about)
    if shop.folder.checkpoint.exists():
        checkpoint.resume(run)
        shop.watching.say(f"resuming at step {run.step:,} of {plan.steps * recipe.fit.epochs:,}")

    teacher = open_teacher(recipe, shop.threads)

    def batches(epoch: int, first: int) -> Iterable[Batch]:
        shown = lesson_batches(lessons, plan.batches(epoch, first, place.rank, place.world), shop.workers)
        return map(teacher.soften, shown) if teacher else shown

    showing = [TensorBoard(shop.folder.tensorboard)] if tensorboard and place.main else []
    callbacks: list[Callback] = [*deciding, *showing, *shop.watching.callbacks(), checkpoint]
    fit(run, batches, jury.record, callbacks)
    return run


def _finish(shop: Workshop, run: Run, parts: Parts, jury: Jury, quantize: bool) -> ModelCard:
    """From the trained network to the files users get."""
    recipe, folder, network = shop.recipe, shop.folder, run.average
    exhibits = Exhibits(parts.held_out, parts.boxes, recipe.preparation)
    shown = sample(exhibits, 24, recipe.seed)
    shop.watching.say("exporting, calibrating and evaluating")
    export(network, recipe.preparation.size, folder.draft)
    gap = check_parity(network, folder.draft, shown.pixels[:8])
    shop.watching.say(f"the file agrees with the network to {gap:.1e} (at most {TOLERANCE:g} is allowed)")
    card = document(shop, folder.model, recipe, parts, jury)
    plots.draw_curves(run.history, folder.curves)
    logits = open_file(folder.model, shop.threads).run(pixels=shown.pixels)["logit"]
    plots.draw_grid(shown.pixels, shown.truth, logits, card, folder.grid)
    if quantize:
        add_int8(shop, recipe, card, parts, jury)
    return card


def add_int8(shop: Workshop, recipe: Recipe, card: ModelCard, parts: Parts, jury: Jury) -> None:
    """Write the 8-bit variant of the finished model, with a calibration, an evaluation and a card of its own.

    What the 8 bits cost stands among the limits on that card.
    """
    folder = shop.folder
    exhibits = Exhibits(parts.held_out, parts.boxes, recipe.preparation)
    seen = sample(exhibits, 200, recipe.seed + 1).pixels
    quantise(folder.model, folder.draft, np.array_split(seen, max(1, len(seen) // 10)))
    small = document(shop, folder.int8, replace(recipe, name=f"{recipe.name}-int8"), parts, jury)
    cost = _cost(card, small)
    shop.watching.say(cost)
    restate(shop, folder.int8, replace(small, limits=(*small.limits, cost)))


def _cost(card: ModelCard, small: ModelCard) -> str:
    """What quantisation costs, on the reported pictures as found."""
    before, after = (each.metrics["tiers"]["clean"]["all"] for each in (card, small))
    figures = [f"{name} {before[name][0]:.4f} → {after[name][0]:.4f}" for name in ("auc", "accuracy") if name in before]
    return f"8 bits instead of 32: {', '.join(figures)}."


def count_workers(wanted: int | None) -> int:
    """Loader processes: as many as wanted, else as there are cores, at most 8."""
    return min(8, os.cpu_count() or 1) if wanted is None else wanted
