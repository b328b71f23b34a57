"""The quick update: fit the last layer of a model to new images, keep its scores on old ones, and recalibrate."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from unmask._files import write_atomic
from unmask._version import __version__
from unmask.card import METADATA_KEY, ModelCard
from unmask.card_metrics import CardMetrics
from unmask.card_reader import read_card
from unmask.datasets import Dataset
from unmask.datasets.splitting import assign_groups, group_ids
from unmask.detector import Detector
from unmask.errors import DatasetError, TrainingError
from unmask.evaluation import evaluate
from unmask.images import open_image
from unmask.progress import Progress, no_progress
from unmask.training.config import CalibrationConfig
from unmask.training.export.calibration import CalibrationScores, balanced_weights, calibrate, is_guaranteed
from unmask.training.export.onnx import write_metadata
from unmask.training.mlflow_logging import log_update, update_run
from unmask.training.models.model_file import load_networks
from unmask.training.update.choose_change import Parts, auc_of, best_change, source_aucs
from unmask.training.update.features import Features, FeatureStore
from unmask.training.update.last_layer import change_weights, find_last_layers, layer_shares
from unmask.training.update.linear_fit import LayerChange
from unmask.training.update.versions import next_version

PARTS = (0.6, 0.2, 0.2)
"""Shares of the images for fitting, for calibration, and for the figures of the card."""
MAX_LOSS = 0.01
"""AUC that each old source may lose."""
MIN_PER_CLASS = 10
MAX_NONLINEARITY = 0.02
"""Largest difference between the predicted and the actual change of a logit."""


@dataclass(frozen=True, slots=True)
class Updated:
    """The result of an update.

    Attributes:
        path: the new model file.
        card: its card.
        before: AUC of the old model on test images, by `new` and by old source.
        after: the same of the new model.
        change: the change of the last layer, for features that are multiplied by `scales`.
        scales: share of each feature's layer in the logit, `[D]`.
    """

    path: Path
    card: ModelCard
    before: dict[str, float]
    after: dict[str, float]
    change: LayerChange
    scales: NDArray[np.float64]

    def logits(self, features: Features) -> NDArray[np.float64]:
        """The logits of the new model for images whose features the old model gave."""
        return features.logits + self.change.shift(features.values * self.scales)


def quick_update(
    dataset: Dataset,
    base: str | os.PathLike[str],
    output: Path,
    *,
    replay: Dataset | None = None,
    max_loss: float = MAX_LOSS,
    seed: int = 7,
    mlflow: bool = False,
    progress: Progress = no_progress,
) -> Updated:
    """Fit the last layer of a model to new images.

    The images are divided by group: 60 % for the fit, 20 % for calibration, 20 % for the figures of the card. The
    weight of the distillation is the one with the highest AUC on new images among those that cost each old source at
    most `max_loss` of AUC, by cross-fitting on the first two parts.

    Args:
        dataset: new images of both classes.
        base: the model to update.
        output: folder of the new model file; features are stored there, so that an interrupted update continues.
        replay: images of the old sources; None keeps the scores of new images that the old model classifies correctly.
        max_loss: AUC that each old source may lose.
        seed: random seed of the division.
        mlflow: also log the update to MLflow.
        progress: receives the number of finished images.

    Raises:
        DatasetError: there are too few images of a class.
        TrainingError: the score is not linear in the last layer, or no change of it is an improvement.
        UnknownModel, BadModelFile: the base model cannot be used.
    """
    card, digest = read_card(base)
    output.mkdir(parents=True, exist_ok=True)
    parameters: dict[str, object] = {"mode": "quick", "base_sha256": digest, "max_loss": max_loss, "seed": seed}
    with update_run(card, output, parameters, dataset, replay) if mlflow else nullcontext() as run:
        updated = _quick_update(dataset, base, card, digest, output, replay, max_loss, seed, progress)
        if run:
            log_update(run, updated.card, output, updated.before, updated.after)
    return updated


def _quick_update(
    dataset: Dataset,
    base: str | os.PathLike[str],
    card: ModelCard,
    digest: str,
    output: Path,
    replay: Dataset | None,
    max_loss: float,
    seed: int,
    progress: Progress,
) -> Updated:
    model = load_networks(base)
    layers = find_last_layers(model)
    pixels = np.full((1, card.preprocessing.size, card.preprocessing.size, 3), 128, np.uint8)
    shares = layer_shares(model, layers, pixels)
    scales = np.repeat(shares, [layer.width for layer in layers])
    store = FeatureStore(model, layers, output, digest)
    new = _divided(store.compute(dataset, "computing features of new pictures", progress), scales, seed)
    old: Parts = ()
    if replay:
        old = _divided(store.compute(replay, "computing features of old sources", progress), scales, seed)
    _check_classes(new)
    change = best_change(new, old, max_loss, seed)
    changed = change_weights(model, layers, change.weights, change.bias / sum(shares))
    return _finish(_Update(card, digest, dataset, replay, new, old, change, scales), changed, output)


@dataclass(frozen=True, slots=True)
class _Update:
    """What the new card is written from."""

    base: ModelCard
    base_sha256: str
    dataset: Dataset
    replay: Dataset | None
    new: Parts
    old: Parts
    change: LayerChange
    scales: NDArray[np.float64]


def _divided(features: Features, scales: NDArray[np.float64], seed: int) -> Parts:
    """The features, multiplied by the shares of their layers in the logit, divided by group."""
    if not len(features.dataset):
        raise DatasetError("no face was found in the pictures; add others")
    groups = group_ids(features.dataset)
    scaled = replace(features, values=(features.values * scales).astype(np.float32), groups=groups)
    parts = assign_groups(features.dataset, groups, list(PARTS), seed)
    return tuple(scaled.take(np.flatnonzero(parts == number)) for number in range(len(PARTS)))


def _check_classes(new: Parts) -> None:
    """Check that there are enough new images of each class.

    Raises:
        DatasetError: there are too few.
    """
    for label, name in ((0, "real"), (1, "fake")):
        count = sum(int((part.labels == label).sum()) for part in new)
        if count < MIN_PER_CLASS or not all((part.labels == label).any() for part in new):
            raise DatasetError(f"an update needs at least {MIN_PER_CLASS} new {name} pictures with a face, not {count}")


def _finish(update: _Update, changed: onnx.ModelProto, output: Path) -> Updated:
    """Write the model file with its card, and check that the scores are those of the fit."""
    draft, target = output / "draft.onnx", output / "model.onnx"
    card = _card(update)
    write_atomic(draft, changed.SerializeToString())
    write_metadata(draft, METADATA_KEY, card.to_json())
    _check_scores(update, Detector.load(draft))
    card = replace(card, metrics=_figures(update, draft))
    write_metadata(draft, METADATA_KEY, card.to_json())
    draft.replace(target)
    before, after = (_test_aucs(update, change) for change in (None, update.change))
    return Updated(target, card, before, after, update.change, update.scales)


def _test_aucs(update: _Update, change: LayerChange | None) -> dict[str, float]:
    """The AUC on the test part of the new images, of all old ones, and of each old source."""
    new, old = update.new[2], update.old[2] if update.old else None
    found = {"new": auc_of(new, change.shift(new.values) if change else 0.0)}
    if old:
        shift = change.shift(old.values) if change else 0.0
        found |= {"old": auc_of(old, shift), **source_aucs(old, shift)}
    return found


def _check_scores(update: _Update, detector: Detector) -> None:
    """Compare the logits of the new file with those of the fit.

    Raises:
        TrainingError: they differ.
    """
    part = update.new[2].take(np.arange(min(4, len(update.new[2].dataset))))
    expected = part.logits + update.change.shift(part.values)
    for item, logit in zip(part.dataset, expected, strict=True):
        located = detector.locate_faces(open_image(item.path))
        crops, regions = detector._crops(located, False)
        found = float(detector.run(crops[:1], regions[:1])["logit"][0])
        if abs(found - logit) > MAX_NONLINEARITY * max(1.0, abs(logit)):
            raise TrainingError(
                f"the score of this model is not linear in its last layer ({found:.3f}, not {logit:.3f}); "
                "use --mode full"
            )


def _card(update: _Update) -> ModelCard:
    """The card of the new model, without figures."""
    base, parts = update.base, [update.new[1], *([update.old[1]] if update.old else [])]
    config = CalibrationConfig("platt", base.decision.false_positive_rate, base.decision.false_negative_rate)
    scores = _calibration_scores(parts, update.change)
    calibration, decision, note = base.calibration, base.decision, "Calibration and thresholds are those of the base."
    rates = ((False, config.false_positive_rate), (True, config.false_negative_rate))
    if all(not rate or is_guaranteed(scores, rate, fake=fake) for fake, rate in rates):
        calibration, decision = calibrate(scores, config)
        note = "Calibration and thresholds come from undegraded pictures."
    kinds = sorted({item.generator or item.source for item in update.dataset if item.label == "fake"})
    entry = {
        "mode": "quick",
        "base": f"{base.name} {base.version}",
        "base_sha256": update.base_sha256,
        "dataset": update.dataset.name,
        "content_sha256": update.dataset.content_sha256,
        "pictures": len(update.dataset),
        "kinds": kinds,
        "replayed_pictures": len(update.replay) if update.replay else 0,
    }
    earlier = list(base.training_data.get("updates", ()))
    added = f"Updated from {base.name} {base.version} with {len(update.dataset)} pictures of {', '.join(kinds)}. {note}"
    return replace(
        base,
        version=next_version(base.version),
        calibration=calibration,
        decision=decision,
        training_data={**base.training_data, "updates": [*earlier, entry]},
        limits=(*base.limits, added),
        versions={**base.versions, "unmask": __version__},
    )


def _calibration_scores(parts: Sequence[Features], change: LayerChange) -> CalibrationScores:
    items = [item for part in parts for item in part.dataset]
    merged = Dataset(tuple(items), "calibration")
    labels = merged.labels == 1
    return CalibrationScores(
        logits=np.concatenate([part.logits + change.shift(part.values) for part in parts]),
        labels=labels,
        weights=balanced_weights(labels, [item.source for item in items]),
        groups=merged.groups,
    )


def _figures(update: _Update, draft: Path) -> CardMetrics:
    """The figures of the card, on the test part."""
    items = [*update.new[2].dataset, *(update.old[2].dataset if update.old else ())]
    test = Dataset(tuple(items), update.dataset.name)
    return evaluate(Detector.load(draft, threads=1), test, tiers=("clean",)).card_metrics()
