"""Ensembles: several trained model files become one, which is calibrated, evaluated and given a card like any model."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from onnx import ModelProto

from unmask._files import write_atomic
from unmask.card import ModelCard
from unmask.card_reader import read_card
from unmask.datasets import Dataset
from unmask.errors import BadModelFile, TrainingError, UsageError
from unmask.training.config import Recipe
from unmask.training.console import Console
from unmask.training.context import TrainingContext
from unmask.training.data.splits import DataSplits
from unmask.training.engine.distributed import open_distributed
from unmask.training.engine.validation import Validator
from unmask.training.export.model_card import write_card
from unmask.training.export.onnx_ensemble import Member, fuse
from unmask.training.export.onnx_weights import average_weights, compress_weights
from unmask.training.models.model_file import load_networks
from unmask.training.pipeline import add_int8, prepare_splits, worker_count
from unmask.training.run_dir import RunDir


@dataclass(frozen=True, slots=True)
class EnsembleConfig:
    """How the members of an ensemble are combined.

    Attributes:
        mirror: average each score over the image and its horizontal flip.
        shares: weights of the members' scores, in any unit; equal if empty.
        averaged: average the members' weights with these shares instead of their scores; off if empty.
        bits: 32, 16 or 8 bits for each stored weight.
    """

    mirror: bool = False
    shares: Sequence[float] = ()
    averaged: Sequence[float] = ()
    bits: int = 32

    def check(self, members: int) -> None:
        """Check the settings against the number of members.

        Raises:
            UsageError: settings that exclude each other, a wrong number of shares, or an unknown number of bits.
        """
        if self.averaged and (self.shares or self.mirror):
            raise UsageError(
                "averaged weights cannot be combined with shares or mirror; average the weights first, then combine "
                "the resulting model in a second ensemble"
            )
        given = self.averaged or self.shares
        if given and (len(given) != members or min(given) < 0 or not sum(given) > 0):
            raise UsageError(f"give one share for each of the {members} models, none of them negative")
        if self.bits not in (8, 16, 32):
            raise UsageError(f"weights are stored in 32, 16 or 8 bits, not in {self.bits}")

    def apply(self, members: Sequence[str | os.PathLike[str]], cards: Sequence[ModelCard]) -> ModelProto:
        """The combined model, without a card."""
        files = [load_networks(member).SerializeToString() for member in members]
        if self.averaged:
            model = average_weights(files, self.averaged)
        else:
            native = any(card.preprocessing.min_side for card in cards)
            parts = [
                Member(data, card.calibration, cut_face=native and not card.preprocessing.min_side)
                for data, card in zip(files, cards, strict=True)
            ]
            model = fuse(parts, mirror=self.mirror, shares=self.shares)
        if self.bits < 32:
            compress_weights(model, self.bits)
        return model

    def describe(self, cards: Sequence[ModelCard]) -> str:
        """One line that names the members."""
        kind = "mean weights" if self.averaged else "mean"
        percents = [f"{share / sum(self.shares):.0%} " for share in self.shares] or [""] * len(cards)
        names = ", ".join(f"{part}{card.name} {card.version}" for part, card in zip(percents, cards, strict=True))
        return f"{kind} of {names}{', each also shown the mirrored picture' if self.mirror else ''}"


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
    """Combine models of one dataset into one file `model.onnx`, and calibrate and evaluate it.

    Args:
        dataset: the images the members were trained on.
        members: names of shipped models, or files. Input sizes must divide the largest one. The recipe of the first
            member of that size, or of one with `preprocessing.min_side`, determines how the ensemble is calibrated.
        name: name of the ensemble.
        output: folder for the model, its card and its evaluation.
        mirror: average each score over the image and its horizontal flip.
        shares: weights of the members' scores, in any unit; equal if empty.
        averaged: average the members' weights with these shares instead of their scores, which costs the time of one
            member; for models that were fine-tuned from one another.
        bits: 16 or 8 to store each 32-bit weight in fewer bits; the computation stays in 32 bits.
        threads: CPU threads of one inference.
        workers: processes that load images; None for the number of cores, at most 8.
        quantize: also write `model-int8.onnx`, with its own calibration, evaluation and card.
        force: continue even if the audit fails.
        progress: show progress on stderr.

    Returns:
        The card of the ensemble.

    Raises:
        UsageError: a wrong number of shares, settings that exclude each other, or an unknown number of bits.
        TrainingError: a member was trained on images that would calibrate or test the ensemble.
        BadModelFile: the members do not match.
    """
    config = EnsembleConfig(mirror, shares, averaged, bits)
    config.check(len(members))
    cards = [read_card(member)[0] for member in members]
    _check_inputs(cards, same_size=bool(averaged))
    recipe = Recipe.from_dict(
        max(cards, key=lambda card: (card.preprocessing.size, card.preprocessing.min_side)).recipe
    )
    recipe = replace(recipe, name=name, summary=config.describe(cards))
    run_dir = RunDir(Path(output))
    with open_distributed("cpu", threads) as distributed, run_dir.locked():
        context = TrainingContext(recipe, run_dir, distributed, Console(progress), threads, worker_count(workers))
        run_dir.prepare(recipe, resume=False)
        splits = prepare_splits(context, dataset, force=force, initial=members)
        for card in cards:
            _check_splits(card, splits, recipe)
        write_atomic(run_dir.draft, config.apply(members, cards).SerializeToString())
        context.console.log("calibrating and evaluating")
        validator = Validator(splits.calibration, splits.boxes, recipe, distributed, context.workers)
        card = write_card(context, run_dir.model, recipe, splits, validator)
        if quantize:
            add_int8(context, recipe, card, splits, validator)
        return card


def _check_inputs(cards: Sequence[ModelCard], *, same_size: bool) -> None:
    """Check that the members share one crop of the face.

    Raises:
        BadModelFile: margin or resampling differ, or the input size, if it must be the same.
    """
    crops = {card.name: f"margin {card.preprocessing.margin}, {card.preprocessing.resample}" for card in cards}
    sizes = {card.name: f"{card.preprocessing.size} px" for card in cards}
    if len({(card.preprocessing.margin, card.preprocessing.resample) for card in cards}) > 1:
        raise BadModelFile(
            f"the members of an ensemble must have the same margin and resample: {_listed(crops)}; train them with "
            "the same preprocessing"
        )
    if same_size and len({card.preprocessing.size for card in cards}) > 1:
        raise BadModelFile(
            f"models whose weights are averaged must have the same input size: {_listed(sizes)}; average the scores "
            "instead, or train them with the same preprocessing.size"
        )


def _listed(values: Mapping[str, str]) -> str:
    """Names of models, each with its value."""
    return "; ".join(f"{name} has {value}" for name, value in values.items())


def _check_splits(card: ModelCard, splits: DataSplits, recipe: Recipe) -> None:
    """Check that a member was not trained on images that calibrate or test the ensemble.

    Raises:
        TrainingError: its calibration and test splits have neither the same images nor the same groups.
    """
    if not splits.held_out_by(card, recipe.data):
        raise TrainingError(
            f"{card.name} {card.version} was trained with another calibration or test split than this ensemble; "
            "train all members on the same data with the same seed and hold_out"
        )
