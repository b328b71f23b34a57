"""The full update: fine-tune all layers of a model on new and old images, with distillation from the old model."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from unmask.card import ModelCard
from unmask.card_reader import read_card
from unmask.datasets import Dataset, mix
from unmask.errors import RecipeError
from unmask.training.config import Recipe
from unmask.training.pipeline import train
from unmask.training.run_dir import RunDir
from unmask.training.update.versions import next_version

LEARNING_RATE = 0.1
"""Learning rate, as a share of the one that the base model was trained with."""
DISTILLATION = 0.5


def update_recipe(base: str | os.PathLike[str], epochs: int) -> Recipe:
    """The recipe that continues the training of a model.

    Args:
        base: the model.
        epochs: number of epochs.

    Raises:
        RecipeError: the model was made from no recipe, such as one that was imported.
    """
    card, digest = read_card(base)
    if not card.recipe:
        raise RecipeError(f"{base}: the card has no recipe to continue with; use --mode quick")
    recipe = Recipe.from_dict(card.recipe)
    return replace(
        recipe,
        version=next_version(card.version),
        limits=(*card.limits, f"Updated from {card.name} {card.version} ({digest[:12]}) by fine-tuning."),
        network=replace(recipe.network, weights=_weights(base)),
        optimizer=replace(recipe.optimizer, learning_rate=LEARNING_RATE * recipe.optimizer.learning_rate),
        distillation=replace(recipe.distillation, model=os.fspath(base), share=DISTILLATION, sha256=""),
        fit=replace(recipe.fit, epochs=epochs),
        schedule=replace(recipe.schedule, warmup=0),
    )


def _weights(base: str | os.PathLike[str]) -> str:
    """The file of initial weights: `best.pt` beside the model, which still has its batch norms, or the model."""
    beside = RunDir(Path(base).parent).best
    return str(beside) if Path(base).is_file() and beside.is_file() else os.fspath(base)


def full_update(
    dataset: Dataset,
    base: str | os.PathLike[str],
    output: Path,
    *,
    replay: Dataset | None = None,
    epochs: int = 2,
    force: bool = False,
    mlflow: bool = False,
    progress: bool = True,
) -> ModelCard:
    """Fine-tune all layers; an interrupted update continues.

    Args:
        dataset: new images of both classes.
        base: file of the model to update; one network, not an ensemble. In the folder of its training run, the weights
            of `best.pt` are continued, which networks with batch norms need.
        output: folder of the run.
        replay: images of the old sources, as many of each batch as new ones; None for new images only.
        epochs: number of epochs.
        force: train even if the audit fails.
        mlflow: also log the run to MLflow.
        progress: show progress on stderr.

    Raises:
        RecipeError: the model cannot be fine-tuned, such as an ensemble.
        TrainingError: as `unmask.train`.
    """
    recipe = update_recipe(base, epochs)
    mixed = mix([(dataset, 1.0), (replay, 1.0)]) if replay else dataset
    return train(mixed, recipe, output=output, resume=True, force=force, mlflow=mlflow, progress=progress)
