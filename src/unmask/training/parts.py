"""What a data set is divided into: pictures to learn from, a held-out part of them, and the split that is reported."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from unmask.datasets import Dataset, hold_out, split_by_group
from unmask.errors import TrainingError
from unmask.training.boxes import Boxes
from unmask.training.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Parts:
    """The three parts; no group is in two of them.

    Attributes:
        lessons: what the network learns from.
        held_out: for early stopping, calibration and thresholds.
        reported: what the card's figures are measured on; used for nothing else. `split` is its name.
        boxes: where the faces are, of all three.
    """

    lessons: Dataset
    held_out: Dataset
    reported: Dataset
    split: str
    boxes: Boxes

    def describe(self) -> dict[str, Any]:
        """What a model's card says of its data."""
        parts = {"lessons": self.lessons, "held_out": self.held_out, "reported": self.reported}
        return {
            "name": self.lessons.name,
            "sources": list(self.lessons.sources),
            "reported_split": self.split,
            **{name: {"sha256": part.sha256, "counts": _by_source(part)} for name, part in parts.items()},
        }


def divide(dataset: Dataset, boxes: Boxes, recipe: Recipe) -> Parts:
    """Divide a data set as it is split, or by groups where it is not.

    With `train`, `valid` and `test`, `valid` is the held-out part and `test` is reported. With only one of the two
    beside `train`, that one is reported and a group-wise part of `train` is held out. With neither, `valid` and
    `test` are made first.

    Raises:
        TrainingError: there is nothing to train on, or a part lacks a class.
    """
    if not {"valid", "test"} & set(dataset.splits):
        dataset = split_by_group(dataset, {"train": 0.9, "test": 0.1}, recipe.seed)
    if "train" not in dataset.splits:
        raise TrainingError(f"{dataset.name} has no training split, only {', '.join(map(str, dataset.splits))}")
    if {"valid", "test"} <= set(dataset.splits):
        lessons, held_out, split = dataset.subset("train"), dataset.subset("valid"), "test"
    else:
        lessons, held_out = hold_out(dataset, recipe.data.hold_out, recipe.seed)
        split = "test" if "test" in dataset.splits else "valid"
    parts = Parts(lessons, held_out, dataset.subset(split), split, boxes)
    for name, part in (("training", lessons), ("held-out", held_out), (f"{split} (reported)", parts.reported)):
        if len(set(part.labels.tolist())) < 2:
            raise TrainingError(f"the {name} part has {len(part)} pictures and not both classes; give more pictures")
    return parts


def readable(dataset: Dataset, boxes: Boxes) -> Dataset:
    """The pictures that can be read."""
    return replace(dataset, items=tuple(item for item in dataset if item.name in boxes))


def _by_source(part: Dataset) -> dict[str, dict[str, int]]:
    table: dict[str, dict[str, int]] = {}
    for item in part:
        row = table.setdefault(item.source, {"real": 0, "fake": 0})
        row[item.label] += 1
    return table
