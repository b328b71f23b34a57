"""The choice of the size of a change: the gain on new images against the loss on each old source."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from unmask.datasets import Dataset, LabeledImage
from unmask.errors import TrainingError
from unmask.training.update.choose_change import auc_of, best_change, source_aucs
from unmask.training.update.features import Features, concatenate

WIDTH = 20


def features(
    source: str, count: int, seed: int, *, column: int, effect: float = 4.0, label: int | None = None
) -> Features:
    """Images of one source whose classes differ in one column; the old model does not use the column."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2 if label is None else np.full(count, label)
    values = rng.normal(size=(count, WIDTH)).astype(np.float32)
    values[:, column] += effect * labels
    logits = rng.normal(size=count) + (4.0 * labels - 2.0 if source != "new" else 0.0)
    items = (
        LabeledImage(Path(f"{source}-{seed}-{number}.png"), "fake" if each else "real", "train", source=source)
        for number, each in enumerate(labels)
    )
    return Features(Dataset(tuple(items), source), values, logits, np.arange(count, dtype=np.int64))


def test_a_gain_is_taken_and_old_sources_keep_their_auc() -> None:
    new = tuple(features("new", 60, seed, column=0) for seed in range(3))
    old = tuple(features("old", 120, seed, column=1, effect=0.0) for seed in range(3))
    change = best_change(new, old, 0.01, seed=0)
    assert auc_of(new[2], change.shift(new[2].values)) > auc_of(new[2]) + 0.2
    before, after = source_aucs(old[2]), source_aucs(old[2], change.shift(old[2].values))
    assert before["old"] - after["old"] < 0.02


def test_a_source_that_would_lose_too_much_is_named() -> None:
    new = tuple(features("new", 60, seed, column=0) for seed in range(3))
    old = tuple(features("portraits", 60, seed, column=0, effect=-40.0) for seed in range(3))
    with pytest.raises(TrainingError, match=r"costs portraits 0.* --max-loss"):
        best_change(new, old, 0.0, seed=0)


def test_a_change_without_gain_is_an_error() -> None:
    new = tuple(features("new", 40, seed, column=0, effect=0.0) for seed in range(3))
    new = tuple(replace(part, logits=9.0 * (2 * part.labels - 1)) for part in new)
    with pytest.raises(TrainingError, match=r"improves the AUC of 1\.000 on new pictures"):
        best_change(new, (), 0.01, seed=0)


def test_a_source_of_one_class_is_compared_with_the_other_class_of_all() -> None:
    portraits = features("portraits", 40, 0, column=0)
    street = features("street", 20, 1, column=0, label=0)
    found = source_aucs(concatenate([portraits, street]))
    assert set(found) == {"portraits", "street"}
    assert found["portraits"] == auc_of(portraits)
    shifted = source_aucs(concatenate([portraits, street]), np.repeat([0.0, 50.0], [40, 20]))
    assert shifted["street"] == 0.0
    assert "street" not in source_aucs(street)
