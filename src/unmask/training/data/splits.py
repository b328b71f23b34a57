"""The three splits of a training run: train, calibration and test."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from unmask._files import write_atomic
from unmask.card import ModelCard
from unmask.datasets import Dataset, hold_out, split_by_group
from unmask.datasets.splitting import HashesByName, group_ids
from unmask.errors import RecipeError, TrainingError, UsageError
from unmask.training.config import DataConfig, Recipe
from unmask.training.data.face_box_cache import FaceBoxes


@dataclass(frozen=True, slots=True)
class DataSplits:
    """The splits of a run; every group lies in one of them.

    Attributes:
        train: images the network is trained on.
        calibration: images for early stopping, calibration and thresholds.
        test: images the card's figures are measured on, used for nothing else.
        test_name: name of that split in the dataset, "test" or "valid".
        boxes: face boxes of all images.
    """

    train: Dataset
    calibration: Dataset
    test: Dataset
    test_name: str
    boxes: FaceBoxes

    @property
    def all_images(self) -> Dataset:
        """The images of all three splits."""
        return replace(self.train, items=(*self.train, *self.calibration, *self.test))

    def held_out_by(self, card: ModelCard, data: DataConfig) -> bool:
        """Whether a model was not trained on the images of this calibration and test split.

        That holds if its own splits have the same images, or the same groups. The calibration split need not be the
        same if both were made by the same hash of the group names, which does not depend on the dataset.

        Args:
            card: card of the model.
            data: the table `data` of the recipe that made these splits.
        """
        pairs = [("reported", self.test)]
        if not _same_hash_split(card, data):
            pairs.append(("held_out", self.calibration))
        return all(
            any(card.training_data.get(name, {}).get(digest) == own[digest] for digest in ("sha256", "groups_sha256"))
            for name, own in ((name, _summary(split)) for name, split in pairs)
        )

    def to_dict(self) -> dict[str, Any]:
        """The training data as a model card lists it, with the card's names of the splits."""
        splits = {"lessons": self.train, "held_out": self.calibration, "reported": self.test}
        return {
            "name": self.train.name,
            "sources": list(self.train.sources),
            "reported_split": self.test_name,
            "content_sha256": self.all_images.content_sha256,
            **{name: _summary(split) for name, split in splits.items()},
        }


def _same_hash_split(card: ModelCard, data: DataConfig) -> bool:
    """Whether a hash of the group names decided the calibration split, for a model and for a recipe's data."""
    try:
        own = Recipe.from_dict(card.recipe).data
    except RecipeError:
        return False
    return own.stable_split and data.stable_split and own.hold_out == data.hold_out


def add_missing_splits(
    dataset: Dataset, path: Path, recipe: Recipe, *, keep: bool, hashes: HashesByName | None = None
) -> Dataset:
    """The dataset with a split for every image, written to a manifest.

    A dataset without `valid` and `test` is divided by groups. Images without a split beside others that have one join
    the split of their group or near duplicate, or are divided likewise.

    Args:
        dataset: the images, with any splits, or none.
        path: path of the manifest, which `unmask evaluate --check` needs to use the same images.
        recipe: its seed decides, or with `data.stable_split` a hash of the group names.
        keep: use the existing manifest, as a resumed run does.
        hashes: difference hashes of the images; None computes them.

    Raises:
        TrainingError: the existing manifest lists other images.
    """
    if keep and path.exists():
        kept = replace(Dataset.from_manifest(path), name=dataset.name)
        if not _same_images(kept, dataset):
            raise TrainingError(
                f"{path.parent} holds a run on other pictures than {dataset.name}; resume with those, or choose "
                "another --output"
            )
        return kept
    test_splits = {"valid", "test"} & set(dataset.splits)
    if not test_splits or None in dataset.splits:
        shares = {"train": 0.85, "valid" if test_splits == {"valid"} else "test": 0.15}
        dataset = (_complete_splits if test_splits else _new_splits)(dataset, shares, recipe, hashes)
    write_manifest(dataset, path)
    return dataset


def _same_images(kept: Dataset, given: Dataset) -> bool:
    """Whether both datasets have the same images, and no split of `given` is changed."""
    if kept.fingerprint != given.fingerprint:
        return False
    return all(item.split in (None, other.split) for item, other in zip(given, kept, strict=True))


def _new_splits(dataset: Dataset, shares: dict[str, float], recipe: Recipe, hashes: HashesByName | None) -> Dataset:
    """The dataset divided by groups."""
    return split_by_group(dataset, shares, recipe.seed, stable=recipe.data.stable_split, hashes=hashes)


def _complete_splits(
    dataset: Dataset, shares: dict[str, float], recipe: Recipe, hashes: HashesByName | None
) -> Dataset:
    """The dataset with a split for the images that have none."""
    groups = group_ids(dataset, hashes).tolist()
    split_of = {group: item.split for group, item in zip(groups, dataset, strict=True) if item.split}
    items = [
        item if item.split else replace(item, split=split_of.get(group))
        for group, item in zip(groups, dataset, strict=True)
    ]
    missing = [index for index, item in enumerate(items) if item.split is None]
    if missing:
        rest = replace(dataset, items=tuple(items[index] for index in missing))
        for index, item in zip(missing, _new_splits(rest, shares, recipe, hashes), strict=True):
            items[index] = item
    return replace(dataset, items=tuple(items))


def make_splits(dataset: Dataset, boxes: FaceBoxes, recipe: Recipe, hashes: HashesByName | None = None) -> DataSplits:
    """The train, calibration and test splits of a dataset.

    With `train`, `valid` and `test`, `valid` is the calibration split. With only one of `valid` and `test`, that one is
    the test split, and a part of `train` is held out by groups for calibration. Unreadable images stay in the test
    split only.

    Args:
        dataset: the images, with their splits.
        boxes: face boxes of the readable images.
        recipe: its table `data`.
        hashes: difference hashes of the images; None computes them.

    Raises:
        TrainingError: there is no training split, or a split lacks a class.
        UsageError: `data.only` names images that the dataset does not have.
    """
    if "train" not in dataset.splits:
        raise TrainingError(f"{dataset.name} has no training split, only {', '.join(map(str, dataset.splits))}")
    readable = replace(dataset, items=tuple(item for item in dataset if item.name in boxes))
    readable = filter_training_images(readable, recipe.data.only)
    if {"valid", "test"} <= set(dataset.splits):
        train, calibration, test_name = readable.subset("train"), readable.subset("valid"), "test"
    else:
        stable = recipe.data.stable_split
        train, calibration = hold_out(readable, recipe.data.hold_out, recipe.seed, stable=stable, hashes=hashes)
        test_name = "test" if "test" in dataset.splits else "valid"
    splits = DataSplits(train, calibration, dataset.subset(test_name), test_name, boxes)
    for name, split in (("training", train), ("calibration", calibration), (f"test ({test_name})", splits.test)):
        if len(set(split.labels.tolist())) < 2:
            raise TrainingError(
                f"the {name} split has {len(split)} pictures and not both classes; add pictures of each class"
            )
    return splits


def filter_training_images(dataset: Dataset, only: Sequence[str]) -> Dataset:
    """The dataset with only some sources and classes in its training split; other splits are unchanged.

    Args:
        dataset: the images, with their splits.
        only: "SOURCE:CLASS" such as "openforensics:real"; empty keeps all.

    Raises:
        UsageError: there are no such training images.
    """
    wanted = {tuple(each.rsplit(":", 1)) for each in only}
    known = {(item.source, item.label) for item in dataset if item.split == "train"}
    if missing := [":".join(each) for each in sorted(wanted - known)]:
        raise UsageError(
            f"no training pictures of {', '.join(missing)}; there are {', '.join(map(':'.join, sorted(known)))}"
        )
    kept = (item for item in dataset if not wanted or item.split != "train" or (item.source, item.label) in wanted)
    return replace(dataset, items=tuple(kept))


def write_manifest(dataset: Dataset, path: Path) -> None:
    """Write a CSV that `Dataset.from_manifest` reads, atomically."""
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(("file_name", "label", "split", "source", "generator", "group", "weight", "known_as"))
    for item in dataset:
        row = (item.label, item.split, item.source, item.generator or "", item.group or "", item.weight, item.name)
        writer.writerow((item.path.resolve().as_posix(), *row))
    write_atomic(path, table.getvalue().encode("utf-8", "surrogateescape"))


def _summary(split: Dataset) -> dict[str, Any]:
    return {"sha256": split.sha256, "groups_sha256": split.groups_sha256, "counts": _count_by_source(split)}


def _count_by_source(split: Dataset) -> dict[str, dict[str, int]]:
    table: dict[str, dict[str, int]] = {}
    for item in split:
        row = table.setdefault(item.source, {"real": 0, "fake": 0})
        row[item.label] += 1
    return table
