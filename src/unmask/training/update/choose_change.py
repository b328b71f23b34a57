"""Chooses how much an update may change a model: the gain on new images against the loss on each old source.

Gain and losses are measured by cross-fitting (V. Chernozhukov et al., The Econometrics Journal 21, 2018): the change is
fitted several times, each time without one fold, and measured on this fold. All images but those of the figures then
count, and small sources are measured on all of their images rather than on a part.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from unmask.datasets.auc import placements
from unmask.datasets.splitting import assign_groups
from unmask.errors import TrainingError
from unmask.training.update.features import Array, Features, concatenate
from unmask.training.update.linear_fit import LayerChange, fit_change

DISTILLATION = (10.0, 3.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.03)
"""Weights of the distillation that are tried, from the smallest change of the model to the largest."""
RIDGE = 1e-3
FOLDS = 4
EQUAL = 0.005
"""Difference of AUCs below which the smaller change is chosen."""
Parts = tuple[Features, ...]
"""The parts for fitting, for calibration, and for the figures; empty without old images."""


def best_change(new: Parts, old: Parts, max_loss: float, seed: int) -> LayerChange:
    """The smallest change with about the highest AUC on new images among those that keep the old sources.

    Args:
        new: the parts of the new images. The change is fitted to the first; the first two are cross-fitted.
        old: the parts of the images of old sources; empty if there are none.
        max_loss: AUC that each old source may lose.
        seed: random seed of the folds.

    Raises:
        TrainingError: no change improves the new images and keeps each old source.
    """
    new_pool, old_pool = concatenate(new[:2]), concatenate(old[:2]) if old else None
    before, unchanged = source_aucs(old_pool) if old_pool else {}, auc_of(new_pool)
    aucs, losses = dict[float, float](), dict[str, float]()
    for weight in DISTILLATION:
        shift, old_shift = _cross_fit(new_pool, old_pool, weight, seed)
        if old_pool:
            after = source_aucs(old_pool, old_shift)
            losses = {source: auc - after[source] for source, auc in before.items()}
            if max(losses.values(), default=0.0) > max_loss:
                break
        aucs[weight] = auc_of(new_pool, shift)
    if max(aucs.values(), default=unchanged) <= unchanged:
        raise TrainingError(_no_change(losses, max_loss, unchanged))
    chosen = next(weight for weight, auc in aucs.items() if auc > max(unchanged, max(aucs.values()) - EQUAL))
    return _fit(new[0], old[0] if old else None, chosen)


def _no_change(losses: Mapping[str, float], max_loss: float, auc: float) -> str:
    worst = max(losses, key=lambda source: losses[source], default="")
    if worst and losses[worst] > max_loss:
        return (
            f"the smallest change of the last layer costs {worst} {losses[worst]:.3f} of AUC, more than the "
            f"{max_loss:g} of --max-loss; add pictures of it to --replay, raise --max-loss, or use --mode full"
        )
    return f"no change of the last layer improves the AUC of {auc:.3f} on new pictures; add others, or use --mode full"


def _fit(new: Features, old: Features | None, weight: float) -> LayerChange:
    """Fit the change; without old images, the scores of new ones that the model classifies correctly are kept."""
    kept = old.values if old else new.values[(new.logits > 0) == (new.labels == 1)]
    return fit_change(new.values, new.labels, new.logits, kept, distillation=weight, ridge=RIDGE)


def _cross_fit(new: Features, old: Features | None, weight: float, seed: int) -> tuple[Array, Array]:
    """The change of the logit of each new and each old image, by fits without the fold of the image."""
    new_folds, old_folds = _folds(new, seed), _folds(old, seed) if old else np.zeros(0, np.int64)
    shift, old_shift = np.zeros(len(new_folds)), np.zeros(len(old_folds))
    for fold in range(FOLDS):
        kept = old.take(np.flatnonzero(old_folds != fold)) if old else None
        change = _fit(new.take(np.flatnonzero(new_folds != fold)), kept, weight)
        shift[new_folds == fold] = change.shift(new.values[new_folds == fold])
        if old:
            old_shift[old_folds == fold] = change.shift(old.values[old_folds == fold])
    return shift, old_shift


def _folds(features: Features, seed: int) -> NDArray[np.int64]:
    """The fold of each image; images of one group are in one fold."""
    return assign_groups(features.dataset, features.groups, [1 / FOLDS] * FOLDS, seed)


def auc_of(features: Features, shift: Array | float = 0.0) -> float:
    """The AUC of the logits, changed by `shift`; NaN for one class."""
    return _auc(features.dataset.labels, features.logits + shift)


def source_aucs(features: Features, shift: Array | float = 0.0) -> dict[str, float]:
    """The AUC of each source; images of a source with one class are compared with all images of the other class."""
    labels, logits = features.dataset.labels, features.logits + shift
    sources = np.array([item.source for item in features.dataset])
    found = {}
    for source in features.dataset.sources:
        chosen = sources == source
        own = set(labels[chosen].tolist())
        if len(own) == 1:
            chosen = chosen | (labels != own.pop())
        found[source] = _auc(labels[chosen], logits[chosen])
    return {source: auc for source, auc in found.items() if not np.isnan(auc)}


def _auc(labels: NDArray[np.int64], logits: Array) -> float:
    if len(set(labels.tolist())) < 2:
        return float("nan")
    return float(placements(labels, logits)[labels == 1].mean())
