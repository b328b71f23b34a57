"""The model card of a trained file: calibration, evaluation of the exported file, and the card in its metadata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np

from unmask._version import __version__
from unmask.card import METADATA_KEY, ModelCard
from unmask.detector import Detector
from unmask.evaluation import evaluate
from unmask.training.config import Recipe
from unmask.training.context import TrainingContext
from unmask.training.data.splits import DataSplits
from unmask.training.engine.state import Record
from unmask.training.engine.validation import Validator
from unmask.training.export.calibration import CalibrationScores, balanced_weights, calibrate, withhold_unmet
from unmask.training.export.onnx import open_file, write_metadata
from unmask.training.result_summary import next_steps, result_table

PACKAGES = ("torch", "onnx", "onnxruntime", "numpy", "pillow")


def write_card(
    context: TrainingContext,
    target: Path,
    recipe: Recipe,
    splits: DataSplits,
    validator: Validator,
    history: Sequence[Record] = (),
) -> ModelCard:
    """Calibrate and evaluate the draft model file, write its card, and move it to `target`.

    Args:
        context: context of the run whose folder holds the draft.
        target: target of the finished file; card (JSON) and evaluation (JSON, HTML) are written beside it.
        recipe: recipe of the model.
        splits: training data, and the test split to evaluate on.
        validator: scores the calibration split.
        history: figures of each epoch, for charts in the evaluation page and for advice.
    """
    draft = context.run_dir.draft
    scores = _calibration_scores(context, draft, splits, validator)
    calibration, decision = calibrate(scores, recipe.calibration)
    decision, unmet = withhold_unmet(decision, scores, recipe.calibration)
    card = ModelCard(
        name=recipe.name,
        version=recipe.version,
        summary=recipe.summary,
        preprocessing=recipe.preprocessing,
        calibration=calibration,
        decision=decision,
        training_data=splits.to_dict(),
        license=recipe.license,
        limits=(*recipe.limits, *unmet),
        recipe=recipe.to_dict(),
        versions={"unmask": __version__, **{name: version(name) for name in PACKAGES}},
    )
    write_metadata(draft, METADATA_KEY, card.to_json())
    with context.console.progress_bar() as progress:
        evaluation = evaluate(Detector.load(draft, threads=1), splits.test, progress=progress)
    card = replace(card, metrics=evaluation.card_metrics())
    write_metadata(draft, METADATA_KEY, card.to_json())
    context.run_dir.write_json(f"{target.stem}-evaluation.json", evaluation.to_dict(detail=True))
    context.run_dir.write_json(f"{target.stem}-card.json", card.to_dict())
    target.with_name(f"{target.stem}-evaluation.html").write_text(evaluation.to_html(history), encoding="utf-8")
    draft.replace(target)
    for line in (*result_table(evaluation), *next_steps(card, history, unmet)):
        context.console.log(line)
    return card


def update_card(context: TrainingContext, target: Path, card: ModelCard) -> None:
    """Replace the card in a finished model file and the JSON file beside it."""
    write_metadata(target, METADATA_KEY, card.to_json())
    context.run_dir.write_json(f"{target.stem}-card.json", card.to_dict())


def _calibration_scores(
    context: TrainingContext, file: Path, splits: DataSplits, validator: Validator
) -> CalibrationScores:
    """Scores of the calibration split by the model file, in every tier of the recipe."""
    session, tiers, images = open_file(file, context.threads), context.recipe.fit.tiers, splits.calibration
    labels, sources = np.tile(images.labels == 1, len(tiers)), [item.source for item in images] * len(tiers)
    return CalibrationScores(
        logits=np.concatenate([validator.model_file_logits(session, tier) for tier in tiers]),
        labels=labels,
        weights=balanced_weights(labels, sources),
        groups=np.tile(images.groups, len(tiers)),
    )
