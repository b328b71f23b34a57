"""What a data set is divided into: pictures to learn from, a held-out part of them, and the split that is reported."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from unmask.card import ModelCard
from unmask.datasets import Dataset, hold_out, split_by_group
from unmask.datasets.splitting import Known, together
from unmask.errors import TrainingError, UsageError
from unmask.training.boxes import Boxes
from unmask.training.exporting import write_whole
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

    @property
    def whole(self) -> Dataset:
        """All three."""
        return replace(self.lessons, items=(*self.lessons, *self.held_out, *self.reported))

    def kept_apart_by(self, card: ModelCard) -> bool:
        """Whether a model held out and reported on the same pictures as these, or on others of the same groups."""
        return all(
            any(stated.get(digest) == found[digest] for digest in ("sha256", "groups_sha256"))
            for stated, found in (
                (card.training_data.get("held_out", {}), _described(self.held_out)),
                (card.training_data.get("reported", {}), _described(self.reported)),
            )
        )

    def describe(self) -> dict[str, Any]:
        """What a model's card says of its data."""
        parts = {"lessons": self.lessons, "held_out": self.held_out, "reported": self.reported}
        return {
            "name": self.lessons.name,
            "sources": list(self.lessons.sources),
            "reported_split": self.split,
            "content_sha256": self.whole.content_sha256,
            **{name: _described(part) for name, part in parts.items()},
        }


def split(dataset: Dataset, path: Path, recipe: Recipe, *, keep: bool, known: Known | None = None) -> Dataset:
    """A data set that has a split to report on: its own, or one dealt out by groups; kept as a manifest.

    Pictures without a split beside others that have one go where their group or near duplicate is, or are dealt out.

    Args:
        dataset: with any splits, or none.
        path: where the manifest goes that makes the split reproducible, with `unmask evaluate --check` for instance.
        recipe: its seed deals; with `data.lasting`, the names of groups do.
        keep: take the manifest that is there, of the run that goes on; otherwise it is made anew.
        known: difference hashes of the pictures; None reads them.

    Raises:
        TrainingError: the manifest that is there is of other pictures.
    """
    if keep and path.exists():
        kept = replace(Dataset.from_manifest(path), name=dataset.name)
        if not _goes_on(kept, dataset):
            raise TrainingError(
                f"{path.parent} holds a run on other pictures than {dataset.name}; go on with those, or use another "
                "--output"
            )
        return kept
    reported = {"valid", "test"} & set(dataset.splits)
    if not reported or None in dataset.splits:
        shares = {"train": 0.85, "valid" if reported == {"valid"} else "test": 0.15}
        dataset = (_completed if reported else _dealt)(dataset, shares, recipe, known)
    write_manifest(dataset, path)
    return dataset


def _goes_on(kept: Dataset, given: Dataset) -> bool:
    """Whether a split is of the very pictures that are given, with the splits that they have."""
    if kept.fingerprint != given.fingerprint:
        return False
    return all(item.split in (None, other.split) for item, other in zip(given, kept, strict=True))


def _dealt(dataset: Dataset, shares: dict[str, float], recipe: Recipe, known: Known | None) -> Dataset:
    """Every picture with a split, by groups."""
    return split_by_group(dataset, shares, recipe.seed, lasting=recipe.data.lasting, known=known)


def _completed(dataset: Dataset, shares: dict[str, float], recipe: Recipe, known: Known | None) -> Dataset:
    """The data set with a split for those that have none; the others keep theirs."""
    groups = together(dataset, known).tolist()
    homes = {group: item.split for group, item in zip(groups, dataset, strict=True) if item.split}
    items = [
        item if item.split else replace(item, split=homes.get(group))
        for group, item in zip(groups, dataset, strict=True)
    ]
    places = [index for index, item in enumerate(items) if item.split is None]
    if places:
        homeless = replace(dataset, items=tuple(items[index] for index in places))
        for index, item in zip(places, _dealt(homeless, shares, recipe, known), strict=True):
            items[index] = item
    return replace(dataset, items=tuple(items))


def divide(dataset: Dataset, boxes: Boxes, recipe: Recipe, known: Known | None = None) -> Parts:
    """Divide a data set that has splits.

    With `train`, `valid` and `test`, `valid` is the held-out part and `test` is reported. With only one of the two
    beside `train`, that one is reported and a group-wise part of `train` is held out. Pictures that cannot be read
    are reported on, but not learnt from.

    Args:
        dataset: with splits.
        boxes: where the faces are.
        recipe: says how much to hold out, and how.
        known: difference hashes of the pictures; None reads them.

    Raises:
        TrainingError: there is nothing to train on, or a part lacks a class.
        UsageError: the recipe wants only pictures that are not there.
    """
    if "train" not in dataset.splits:
        raise TrainingError(f"{dataset.name} has no training split, only {', '.join(map(str, dataset.splits))}")
    readable = replace(dataset, items=tuple(item for item in dataset if item.name in boxes))
    readable = narrow(readable, recipe.data.only)
    if {"valid", "test"} <= set(dataset.splits):
        lessons, held_out, reported = readable.subset("train"), readable.subset("valid"), "test"
    else:
        lessons, held_out = hold_out(
            readable, recipe.data.hold_out, recipe.seed, lasting=recipe.data.lasting, known=known
        )
        reported = "test" if "test" in dataset.splits else "valid"
    parts = Parts(lessons, held_out, dataset.subset(reported), reported, boxes)
    for name, part in (("training", lessons), ("held-out", held_out), (f"{reported} (reported)", parts.reported)):
        if len(set(part.labels.tolist())) < 2:
            raise TrainingError(f"the {name} part has {len(part)} pictures and not both classes; give more pictures")
    return parts


def narrow(dataset: Dataset, only: Sequence[str]) -> Dataset:
    """The data set with nothing in its training split but the pictures of these sources and classes.

    Args:
        dataset: with splits.
        only: such as "openforensics:real"; none keeps all.

    Raises:
        UsageError: there are no training pictures of one of them.
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
    """A table of pictures that `Dataset.from_manifest` reads, written whole or not at all."""
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(("file_name", "label", "split", "source", "generator", "group", "weight", "known_as"))
    for item in dataset:
        kept = (item.label, item.split, item.source, item.generator or "", item.group or "", item.weight, item.name)
        writer.writerow((item.path.resolve().as_posix(), *kept))
    write_whole(path, table.getvalue().encode("utf-8", "surrogateescape"))


def _described(part: Dataset) -> dict[str, Any]:
    return {"sha256": part.sha256, "groups_sha256": part.groups_sha256, "counts": _by_source(part)}


def _by_source(part: Dataset) -> dict[str, dict[str, int]]:
    table: dict[str, dict[str, int]] = {}
    for item in part:
        row = table.setdefault(item.source, {"real": 0, "fake": 0})
        row[item.label] += 1
    return table
