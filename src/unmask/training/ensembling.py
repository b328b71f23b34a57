"""An ensemble of trained model files: fused into one, then calibrated, evaluated and documented like any model."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from unmask.card import ModelCard
from unmask.datasets import Dataset
from unmask.detector import read_card
from unmask.errors import BadModelFile, TrainingError, UsageError
from unmask.hub import resolve
from unmask.training.devices import open_place
from unmask.training.documenting import document
from unmask.training.exporting import write_whole
from unmask.training.folder import RunFolder
from unmask.training.fusing import fuse
from unmask.training.judging import Jury
from unmask.training.parts import Parts
from unmask.training.pipeline import add_int8, count_workers, prepare_parts
from unmask.training.reading import build
from unmask.training.recipe import Recipe
from unmask.training.watching import Watching
from unmask.training.weights import average, shorten
from unmask.training.workshop import Workshop
from unmask.zoo import read_model


def ensemble(
    dataset: Dataset,
    members: Sequence[str | os.PathLike[str]],
    *,
    name: str,
    output: str | os.PathLike[str],
    mirror: bool = False,
    shares: Sequence[float] = (),
    averaged: Sequence[float] = (),
    bits: int = 32,
    threads: int | None = None,
    workers: int | None = None,
    quantize: bool = False,
    force: bool = False,
    progress: bool = True,
) -> ModelCard:
    """Fuse models of one recipe and data set into one file, `model.onnx`, and measure what that gives.

    Args:
        dataset: what the members were trained on.
        members: shipped models by name, or files. Input sizes must divide the largest one's; the recipe of the first
            member of that size says how the ensemble is calibrated.
        name: of the ensemble.
        output: folder for the model, its card and its evaluation.
        mirror: show each member the mirrored picture too, and average.
        shares: how much each member's score counts, in any unit; all alike where there are none.
        averaged: average the members' weights in these shares instead of their scores, which gives one network that
            costs what one of them does; for models that went on from one another.
        bits: 16 or 8 to store the weights that are in 32 bits in fewer; the computation stays in 32 bits.
        threads: CPU threads of one inference.
        workers: processes that read pictures; None takes as many as there are cores, at most 8.
        quantize: also write `model-int8.onnx`, with its own calibration, evaluation and card.
        force: go on with a data set the audit refuses.
        progress: show progress on stderr.

    Returns:
        The card of the ensemble.

    Raises:
        UsageError: not one share for each member, weights to be averaged and scores fused at once, or other bits.
        TrainingError: a member learnt from pictures that are to calibrate the ensemble.
        BadModelFile: the members do not fit together.
    """
    if averaged and (shares or mirror):
        raise UsageError("weights are averaged first, in a model of its own, whose scores are then fused or mirrored")
    given = averaged or shares
    if given and (len(given) != len(members) or min(given) < 0 or not sum(given) > 0):
        raise UsageError(f"give one share for each of the {len(members)} models, none of them negative")
    if bits not in (8, 16, 32):
        raise UsageError(f"weights are stored in 32, 16 or 8 bits, not in {bits}")
    cards = [read_card(member)[0] for member in members]
    if len({(card.preparation.margin, card.preparation.resample) for card in cards}) > 1:
        raise BadModelFile("the members of an ensemble must cut faces alike (margin, resample)")
    if averaged and len({card.preparation.size for card in cards}) > 1:
        raise BadModelFile("models whose weights are averaged must see faces at one size")
    recipe: Recipe = build(Recipe, dict(max(cards, key=lambda card: card.preparation.size).recipe))
    recipe = replace(recipe, name=name, summary=_summary(cards, averaged, shares, mirror))
    with open_place("cpu", threads) as place, RunFolder(Path(output)).claimed():
        shop = Workshop(recipe, RunFolder(Path(output)), place, Watching(progress), threads, count_workers(workers))
        shop.folder.open(recipe, resume=False)
        parts = prepare_parts(shop, dataset, force=force)
        for card in cards:
            _check(card, parts)
        files = [read_model(resolve(member)) for member in members]
        pairs = [(data, card.calibration) for data, card in zip(files, cards, strict=True)]
        fused = average(files, averaged) if averaged else fuse(pairs, mirror=mirror, shares=shares)
        if bits < 32:
            shorten(fused, bits)
        write_whole(shop.folder.draft, fused.SerializeToString())
        shop.watching.say("calibrating and evaluating")
        jury = Jury(parts.held_out, parts.boxes, recipe, place, shop.workers)
        card = document(shop, shop.folder.model, recipe, parts, jury)
        if quantize:
            add_int8(shop, recipe, card, parts, jury)
        return card


def _summary(cards: Sequence[ModelCard], averaged: Sequence[float], shares: Sequence[float], mirror: bool) -> str:
    """One line that says what an ensemble is made of."""
    kind = "mean weights" if averaged else "mean"
    rates = [f"{share / sum(shares):.0%} " for share in shares] or [""] * len(cards)
    names = ", ".join(f"{rate}{card.name} {card.version}" for rate, card in zip(rates, cards, strict=True))
    return f"{kind} of {names}{', each also shown the mirrored picture' if mirror else ''}"


def _check(card: ModelCard, parts: Parts) -> None:
    """Refuse a member that would be calibrated or measured on what it learnt from.

    Raises:
        TrainingError: it set aside neither the same pictures nor others of the same groups.
    """
    if not parts.kept_apart_by(card):
        raise TrainingError(
            f"{card.name} {card.version} set other pictures aside than would calibrate and measure this ensemble; "
            "train all members on the same data with the same seed and hold_out"
        )
