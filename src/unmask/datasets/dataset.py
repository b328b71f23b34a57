"""A set of labelled pictures: loaded, narrowed, counted, mixed, and told apart by a digest."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unmask.card import CLASSES
from unmask.datasets.folders import read_folder
from unmask.datasets.item import Item
from unmask.datasets.manifests import SUFFIXES as MANIFEST_SUFFIXES
from unmask.datasets.manifests import read_manifest
from unmask.errors import DatasetError, UsageError


@dataclass(frozen=True)
class Dataset:
    """Labelled pictures in a fixed order.

    Attributes:
        items: the pictures.
        name: what reports call the set.
    """

    items: tuple[Item, ...]
    name: str

    @classmethod
    def load(cls, path: str | Path) -> Dataset:
        """Read a manifest, or a folder: by the `manifest.csv` (.jsonl, .parquet) in it, else by its folders' names.

        Raises:
            DatasetError: one of its leaves says what is missing or cannot be read.
        """
        path = Path(path)
        if path.is_file():
            return cls.from_manifest(path)
        tables = (path / f"manifest{suffix}" for suffix in MANIFEST_SUFFIXES)
        table = next((table for table in tables if table.is_file()), None)
        return cls.from_manifest(table) if table else cls.from_folder(path)

    @classmethod
    def from_folder(cls, path: str | Path) -> Dataset:
        """Read `Real/` and `Fake/` folders, split into `Train/`, `Validation/`, `Test/` or not (see `folders`).

        Raises:
            DatasetError: no such folder, or no pictures.
            AmbiguousNames: the folders' names do not say what is real and what is fake.
        """
        root = Path(path)
        return cls(tuple(read_folder(root)), root.resolve().name)

    @classmethod
    def from_manifest(cls, path: str | Path) -> Dataset:
        """Read a CSV, JSON Lines or Parquet table (see `manifests`).

        Raises:
            DatasetError: no such table, or none of its pictures exists.
            BadManifest: the table lacks columns, rows or sense.
            MissingExtra: a Parquet table without pyarrow installed.
        """
        table = Path(path)
        return cls(tuple(read_manifest(table)), table.resolve().parent.name)

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    def take(self, indices: Iterable[int]) -> Dataset:
        """The pictures at these places, in this order."""
        return replace(self, items=tuple(self.items[index] for index in indices))

    def subset(self, split: str | None) -> Dataset:
        """The pictures of one split; None gives those that have none."""
        return self.where(split=split)

    def where(self, **wanted: str | Collection[str | None] | None) -> Dataset:
        """The pictures whose fields have these values.

        Args:
            wanted: field of `Item` to a value, or to a collection of values any of which will do.
        """
        allowed = {
            field: {values} if values is None or isinstance(values, str) else set(values)
            for field, values in wanted.items()
        }
        keep = (item for item in self.items if all(getattr(item, field) in values for field, values in allowed.items()))
        return replace(self, items=tuple(keep))

    @cached_property
    def labels(self) -> NDArray[np.int64]:
        """The classes as numbers, `[N]`: 0 is `real`, 1 is `fake`."""
        return np.array([CLASSES.index(item.label) for item in self.items], np.int64)

    @cached_property
    def groups(self) -> NDArray[np.int64]:
        """The groups as numbers, `[N]`; a picture without a group has one of its own."""
        codes: dict[str | int, int] = {}
        keys = (index if item.group is None else item.group for index, item in enumerate(self.items))
        return np.array([codes.setdefault(key, len(codes)) for key in keys], np.int64)

    @property
    def splits(self) -> tuple[str | None, ...]:
        """The splits there are, in the order train, valid, test, None."""
        present = {item.split for item in self.items}
        return tuple(split for split in ("train", "valid", "test", None) if split in present)

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources there are, sorted."""
        return tuple(sorted({item.source for item in self.items}))

    @cached_property
    def sha256(self) -> str:
        """Digest of every picture's name, source, label and split, whatever their order and wherever they lie."""
        rows = sorted("\t".join((item.name, item.source, item.label, item.split or "")) for item in self.items)
        return _digest(rows)

    @property
    def groups_sha256(self) -> str:
        """Digest of the groups there are, however many pictures each has; a picture without one goes by its name."""
        return _digest(sorted({item.group or item.name for item in self.items}))

    @cached_property
    def fingerprint(self) -> str:
        """Digest of all that decides which picture is drawn when: the order too, groups and weights."""
        return _digest(repr((item.name, item.source, item.label, item.group, item.weight)) for item in self.items)

    @cached_property
    def content_sha256(self) -> str:
        """The same digest whatever the pictures' splits: equal for a data set and for the split a run made of it."""
        return replace(self, items=tuple(replace(item, split=None) for item in self.items)).sha256

    def counts(self) -> dict[str, dict[str, dict[str, int]]]:
        """Number of pictures by split (`unsplit` where there is none), source and class."""
        tally = Counter((item.split or "unsplit", item.source, item.label) for item in self.items)
        table: dict[str, dict[str, dict[str, int]]] = {}
        for (split, source, label), count in sorted(tally.items()):
            table.setdefault(split, {}).setdefault(source, dict.fromkeys(CLASSES, 0))[label] = count
        return table


def _digest(rows: Iterable[str]) -> str:
    """SHA-256 of lines of text; file names that are no Unicode count as their bytes."""
    return hashlib.sha256("\n".join(rows).encode("utf-8", "surrogateescape")).hexdigest()


def mix(parts: Sequence[tuple[Dataset, float]]) -> Dataset:
    """Join data sets so that training draws from each in proportion to its weight, whatever its size.

    Groups stay apart between data sets of different names, and of one name where pictures are called alike; tables of
    one folder share theirs. Items' own weights keep their proportions. Where a recipe balances sources, weights count
    within a source and class; `data.balance = "class"` makes them count between data sets.

    Args:
        parts: data sets and their shares, in any unit.

    Returns:
        One data set whose weights average 1.

    Raises:
        UsageError: a weight that is not positive and finite, or nothing to mix.
        DatasetError: an empty data set among them.
    """
    if not parts or not all(0 < weight < math.inf for _, weight in parts):
        raise UsageError("mixing needs data sets with finite weights above 0")
    if empty := [part.name for part, _ in parts if not sum(item.weight for item in part)]:
        raise DatasetError(f"nothing to draw from in {', '.join(empty)}")
    pictures = sum(len(part) for part, _ in parts)
    unit = pictures / sum(weight for _, weight in parts)
    labels = _labels([part for part, _ in parts])
    apart = len(set(labels)) > 1
    items: list[Item] = []
    for label, (part, weight) in zip(labels, parts, strict=True):
        factor = unit * weight / sum(item.weight for item in part)
        items += [
            replace(
                item,
                weight=item.weight * factor,
                group=f"{label}/{item.group}" if apart and item.group is not None else item.group,
                name=f"{label}/{item.name}" if apart else item.name,
            )
            for item in part
        ]
    return Dataset(tuple(items), "+".join(dict.fromkeys(part.name for part, _ in parts)))


def _labels(parts: Sequence[Dataset]) -> list[str]:
    """What tells the pictures of each part apart: the parts' names, numbered where two sets have the same one."""
    places = {(part.name, item.name, item.path) for part in parts for item in part}
    if len(places) == len({(name, picture) for name, picture, _ in places}):
        return [part.name for part in parts]
    return [f"{part.name}-{number}" for number, part in enumerate(parts, 1)]
