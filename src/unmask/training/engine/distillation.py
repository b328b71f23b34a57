"""Distillation: soft targets from a finished model, mixed with the labels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from unmask.card import Calibration, ModelCard
from unmask.card_reader import model_inputs, read_card
from unmask.composed_session import open_model
from unmask.errors import RecipeError
from unmask.hub import resolve
from unmask.runtime import Session
from unmask.training.config import Recipe
from unmask.training.data.datasets import Batch
from unmask.zoo import read_model


@dataclass(frozen=True, slots=True)
class Teacher:
    """A finished model whose probabilities are a part of the targets.

    Cross-entropy is linear in its target, so a mixed target equals a weighted sum of the two losses: distillation at
    temperature 1 (Hinton et al., "Distilling the Knowledge in a Neural Network", 2015).

    Attributes:
        session: the model, ready to run.
        calibration: conversion of its logit to its probability.
        share: weight of its probability in the target; the label has the rest.
    """

    session: Session
    calibration: Calibration
    share: float

    def soften_targets(self, batch: Batch) -> Batch:
        """The batch with targets `[N]` in [0, 1] in place of labels; the teacher sees the augmented pixels."""
        pixels, labels = batch
        raw = self.session.run_each(**model_inputs(self.session, pixels.numpy()))["logit"]
        logits = torch.from_numpy(self.calibration.slope * raw.astype(np.float32) + self.calibration.intercept)
        return pixels, (1 - self.share) * labels + self.share * torch.sigmoid(logits)


def resolve_teacher(recipe: Recipe) -> tuple[Recipe, ModelCard | None]:
    """The recipe with the digest of the teacher's file, and the teacher's card; None without a teacher.

    Raises:
        RecipeError: the file has another digest than the recipe states, or another input size.
        UnknownModel, BadModelFile: no such model.
    """
    config = recipe.distillation
    if not config.model:
        return recipe, None
    card, digest = read_card(config.model)
    if config.sha256 not in ("", digest):
        raise RecipeError(f"distillation.sha256: {config.model} is {digest[:12]}…, not {config.sha256[:12]}…")
    size, own = card.preprocessing.size, recipe.preprocessing.size
    if size != own:
        raise RecipeError(
            f"distillation.model: {card.name} has an input size of {size} px; "
            f"set preprocessing.size={size} instead of {own}"
        )
    return replace(recipe, distillation=replace(config, sha256=digest)), card


def load_teacher(recipe: Recipe, threads: int | None) -> Teacher | None:
    """The teacher of a recipe, ready to run; None if the recipe has none."""
    resolved, card = resolve_teacher(recipe)
    if card is None:
        return None
    config = resolved.distillation
    session = open_model(read_model(resolve(config.model)), threads=threads)
    return Teacher(session, card.calibration, config.share)
