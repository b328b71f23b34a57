"""A model file's card: calibrated on the held-out part, evaluated as users run it, and written into the file."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np

from unmask import __version__
from unmask.card import METADATA_KEY, ModelCard
from unmask.detector import Detector
from unmask.evaluation import evaluate
from unmask.reporting.evaluation import evaluation_page
from unmask.training.calibration import HeldOut, balanced_weights, calibrate, not_promised
from unmask.training.exporting import open_file, write_card
from unmask.training.judging import Jury
from unmask.training.parts import Parts
from unmask.training.recipe import Recipe
from unmask.training.workshop import Workshop

PACKAGES = ("torch", "onnx", "onnxruntime", "numpy", "pillow")


def document(shop: Workshop, target: Path, recipe: Recipe, parts: Parts, jury: Jury) -> ModelCard:
    """Give the draft model file its card, and move it to where users find it.

    Args:
        shop: where the draft lies.
        target: where the finished file goes; the card lies beside it as JSON, the evaluation as JSON and HTML.
        recipe: what made it.
        parts: what it was made from, and the pictures to report on.
        jury: knows the held-out part.
    """
    draft = shop.folder.draft
    scored = _scored(shop, draft, parts, jury)
    calibration, decision = calibrate(scored, recipe.calibration)
    card = ModelCard(
        name=recipe.name,
        version=recipe.version,
        summary=recipe.summary,
        preparation=recipe.preparation,
        calibration=calibration,
        decision=decision,
        training_data=parts.describe(),
        licence=recipe.licence,
        limits=(*recipe.limits, *not_promised(scored, recipe.calibration)),
        recipe=recipe.to_dict(),
        versions={"unmask": __version__, **{name: version(name) for name in PACKAGES}},
    )
    write_card(draft, METADATA_KEY, card.to_json())
    evaluation = evaluate(Detector.load(draft, threads=1), parts.reported, watch=shop.watching.over)
    card = replace(card, metrics=evaluation.to_dict())
    write_card(draft, METADATA_KEY, card.to_json())
    shop.folder.write_json(f"{target.stem}-evaluation.json", evaluation.to_dict(detail=True))
    shop.folder.write_json(f"{target.stem}-card.json", card.to_dict())
    target.with_name(f"{target.stem}-evaluation.html").write_text(evaluation_page(evaluation), encoding="utf-8")
    draft.replace(target)
    return card


def restate(shop: Workshop, target: Path, card: ModelCard) -> None:
    """Replace the card of a finished model file, and that beside it."""
    write_card(target, METADATA_KEY, card.to_json())
    shop.folder.write_json(f"{target.stem}-card.json", card.to_dict())


def _scored(shop: Workshop, file: Path, parts: Parts, jury: Jury) -> HeldOut:
    """The file's own scores of the held-out part, in every tier of the recipe."""
    session, tiers, held_out = open_file(file, shop.threads), shop.recipe.fit.tiers, parts.held_out
    truth, sources = np.tile(held_out.labels == 1, len(tiers)), [item.source for item in held_out] * len(tiers)
    return HeldOut(
        logits=np.concatenate([jury.logits_of_file(session, tier) for tier in tiers]),
        labels=truth,
        weights=balanced_weights(truth, sources),
        groups=np.tile(held_out.groups, len(tiers)),
    )
