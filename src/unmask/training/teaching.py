"""Distillation: a finished model says how sure it is of each picture, and the network learns that beside the label."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from unmask.card import Calibration, ModelCard
from unmask.detector import read_card
from unmask.errors import RecipeError
from unmask.hub import resolve
from unmask.runtime import Session, open_session
from unmask.training.loading import Batch
from unmask.training.recipe import Recipe
from unmask.zoo import read_model


@dataclass(frozen=True, slots=True)
class Teacher:
    """A finished model whose probabilities become a part of the targets.

    Cross-entropy is linear in its target, so learning from the mixture of label and probability is the same as adding
    the two losses in these shares: distillation at temperature 1 (Hinton et al., "Distilling the Knowledge in a Neural
    Network", 2015).

    Attributes:
        session: the model, ready to run.
        calibration: from its logit to its probability.
        share: of the target that is its probability; the rest is the label.
    """

    session: Session
    calibration: Calibration
    share: float

    def soften(self, batch: Batch) -> Batch:
        """The batch with targets `[N]` in [0, 1] for labels; the pixels are seen as the network sees them."""
        pixels, labels = batch
        raw = self.session.run_each(pixels.numpy())["logit"]
        logits = torch.from_numpy(self.calibration.slope * raw.astype(np.float32) + self.calibration.intercept)
        return pixels, (1 - self.share) * labels + self.share * torch.sigmoid(logits)


def name_teacher(recipe: Recipe) -> tuple[Recipe, ModelCard | None]:
    """The recipe with the digest of its teacher's file, and the teacher's card; as it is where there is none.

    Raises:
        RecipeError: the file is not the one whose digest the recipe states, or judges crops of another size.
        UnknownModel, BadModelFile: no such model.
    """
    wanted = recipe.teacher
    if not wanted.model:
        return recipe, None
    card, digest = read_card(wanted.model)
    if wanted.sha256 not in ("", digest):
        raise RecipeError(f"teacher.sha256: {wanted.model} is {digest[:12]}…, not {wanted.sha256[:12]}…")
    size, own = card.preparation.size, recipe.preparation.size
    if size != own:
        raise RecipeError(f"teacher.model: {card.name} judges {size} px; set preparation.size={size} instead of {own}")
    return replace(recipe, teacher=replace(wanted, sha256=digest)), card


def open_teacher(recipe: Recipe, threads: int | None) -> Teacher | None:
    """The teacher a recipe names, ready to be asked; None where it names none."""
    named, card = name_teacher(recipe)
    if card is None:
        return None
    session = open_session(read_model(resolve(named.teacher.model)), threads=threads)
    return Teacher(session, card.calibration, named.teacher.share)
