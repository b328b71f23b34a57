"""Make `accurate`: a model file with a linear head on CLIP embeddings beside its networks.

    python -m research.release.accurate DATA --embeddings DIR --share 0.55 --out RUN

DIR holds the files of `research.release.embeddings`. The head is fitted to the images that `data.stable_split` leaves
in the training split, with equal weight for each source and class, and calibrated on the others. RUN receives
`model.onnx` with its card, which is calibrated on the calibration split and evaluated on the test split of DATA as
every model is. The image tower stays in its package.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from research.common.command_line import run_command
from research.release.embeddings import load
from unmask._files import write_atomic
from unmask.card_reader import read_card
from unmask.datasets import Dataset, LabeledImage, hold_out
from unmask.training.config import Recipe
from unmask.training.console import Console
from unmask.training.context import TrainingContext
from unmask.training.engine.distributed import open_distributed
from unmask.training.engine.validation import Validator
from unmask.training.export.calibration import balanced_weights, fit_platt
from unmask.training.export.model_card import write_card
from unmask.training.export.onnx_embedding import EmbeddingHead, embedding_model
from unmask.training.pipeline import prepare_splits
from unmask.training.run_dir import RunDir

NETWORKS = "default"
"""The shipped model with the networks beside the head."""
PENALTY = 0.03
"""Inverse strength of the L2 penalty, for features whose squares have a sum of 9 on average. The held-out images of the
training sources favor weaker penalties, and unseen kinds this one (lab note 070)."""


def fit_head(columns: Mapping[str, NDArray[Any]], share_held: float, share: float) -> EmbeddingHead:
    """The calibrated head.

    Args:
        columns: names, labels, sources, groups and embeddings, as `research.release.embeddings.load` gives them.
        share_held: share of the groups that are held out.
        share: its share in the mean with the networks.
    """
    fake, held = columns["label"] == "fake", held_out(columns, share_held)
    embeddings = columns["embedding"].astype(np.float32)
    weights = balanced_weights(fake, columns["source"].tolist())
    mean, spread = embeddings[~held].mean(axis=0), embeddings[~held].std(axis=0) + 1e-6
    scale = 3 / (spread * np.sqrt(embeddings.shape[1]))
    model = LogisticRegression(C=PENALTY, max_iter=500)
    model.fit((embeddings[~held] - mean) * scale, fake[~held], sample_weight=weights[~held] * (~held).sum())
    coefficients = model.coef_[0] * scale
    bias = model.intercept_[0] - mean @ coefficients
    logits = embeddings[held] @ coefficients + bias
    slope, shift = fit_platt(logits, fake[held], weights[held] / weights[held].sum(), with_intercept=True)
    return EmbeddingHead((slope * coefficients).astype(np.float32), float(slope * bias + shift), share)


def held_out(columns: Mapping[str, NDArray[Any]], share: float) -> NDArray[np.bool_]:
    """Whether the stable split of a training run holds each image out, `[N]`."""
    rows = zip(columns["name"], columns["label"], columns["source"], columns["group"], strict=True)
    items = tuple(
        LabeledImage(Path(name), label, "train", source, group=group, name=name) for name, label, source, group in rows
    )
    _, calibration = hold_out(Dataset(items, "embeddings"), share, stable=True)
    names = {item.name for item in calibration}
    return np.array([name in names for name in columns["name"].tolist()])


def _make(arguments: argparse.Namespace) -> None:
    card, _ = read_card(NETWORKS)
    recipe = replace(Recipe.from_dict(card.recipe), name="accurate", version=card.version)
    head = fit_head(load(arguments.embeddings), recipe.data.hold_out, arguments.share)
    run_dir = RunDir(arguments.out)
    with open_distributed("cpu", 1) as distributed, run_dir.locked():
        context = TrainingContext(recipe, run_dir, distributed, Console(True), 1, 1)
        run_dir.prepare(recipe, resume=False)
        splits = prepare_splits(context, Dataset.load(arguments.data), force=True)
        draft = embedding_model(head, card.calibration, f"{NETWORKS} {card.version}")
        write_atomic(run_dir.draft, draft.SerializeToString())
        write_card(
            context, run_dir.model, recipe, splits, Validator(splits.calibration, splits.boxes, recipe, distributed, 1)
        )


def main() -> None:
    """Parse the command line and make the model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="images to calibrate and evaluate on, with splits")
    parser.add_argument("--embeddings", type=Path, required=True, help="folder of research.release.embeddings")
    parser.add_argument("--share", type=float, default=0.55, help="share of the head in the mean logit")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    run_command(_make, parser.parse_args())


if __name__ == "__main__":
    main()
