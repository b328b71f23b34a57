"""An ensemble of trained model files: fused into one, then calibrated, evaluated and documented like any model."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from unmask.card import ModelCard
from unmask.datasets import Dataset
from unmask.detector import read_card
from unmask.errors import TrainingError
from unmask.hub import resolve
from unmask.training.devices import open_place
from unmask.training.documenting import document
from unmask.training.exporting import write_whole
from unmask.training.folder import RunFolder
from unmask.training.fusing import fuse
from unmask.training.judging import Jury
from unmask.training.parts import Parts
from unmask.training.pipeline import count_workers, prepare_parts
from unmask.training.reading import build
from unmask.training.recipe import Recipe
from unmask.training.watching import Watching
from unmask.training.workshop import Workshop
from unmask.zoo import read_model


def ensemble(
    dataset: Dataset,
    members: Sequence[str | os.PathLike[str]],
    *,
    name: str,
    output: str | os.PathLike[str],
    mirror: bool = False,
    threads: int | None = None,
    workers: int | None = None,
    progress: bool = True,
) -> ModelCard:
    """Fuse models of one recipe and data set into one file, `model.onnx`, and measure what that gives.

    Args:
        dataset: what the members were trained on.
        members: shipped models by name, or files; the first one's recipe says how the ensemble is calibrated.
        name: of the ensemble.
        output: folder for the model, its card and its evaluation.
        mirror: show each member the mirrored picture too, and average.
        threads: CPU threads of one inference.
        workers: processes that read pictures; None takes as many as there are cores, at most 8.
        progress: show progress on stderr.

    Returns:
        The card of the ensemble.

    Raises:
        TrainingError: a member learnt from pictures that are to calibrate the ensemble.
        BadModelFile: the members do not fit together.
    """
    cards = [read_card(member)[0] for member in members]
    recipe: Recipe = build(Recipe, dict(cards[0].recipe))
    ways = ", each also shown the mirrored picture" if mirror else ""
    summary = f"mean of {', '.join(f'{card.name} {card.version}' for card in cards)}{ways}"
    recipe = replace(recipe, name=name, summary=summary)
    with open_place("cpu", threads) as place:
        shop = Workshop(recipe, RunFolder(Path(output)), place, Watching(progress), threads, count_workers(workers))
        shop.folder.open(recipe, resume=False)
        parts = prepare_parts(shop, dataset, force=False)
        for card in cards:
            _check(card, parts)
        pairs = [(read_model(resolve(member)), card.calibration) for member, card in zip(members, cards, strict=True)]
        write_whole(shop.folder.draft, fuse(pairs, mirror=mirror).SerializeToString())
        shop.watching.say("calibrating and evaluating")
        return document(
            shop, shop.folder.model, recipe, parts, Jury(parts.held_out, parts.boxes, recipe, place, shop.workers)
        )


def _check(card: ModelCard, parts: Parts) -> None:
    """Refuse a member that would be calibrated on what it learnt from.

    Raises:
        TrainingError: it did not set the same pictures aside.
    """
    if card.training_data.get("held_out", {}).get("sha256") != parts.held_out.sha256:
        raise TrainingError(
            f"{card.name} {card.version} set other pictures aside than this ensemble would be calibrated on; "
            "train all members on the same data with the same seed and hold_out"
        )
