"""Dataset of labeled images: loading, filtering, counting, mixing and digests."""

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
from unmask.datasets.labeled_image import LabeledImage
from unmask.datasets.manifests import SUFFIXES as MANIFEST_SUFFIXES
from unmask.datasets.manifests import read_manifest
from unmask.errors import DatasetError, UsageError


@dataclass(frozen=True)
class Dataset:
    """Labeled images in a fixed order.

    Attributes:
        items: the images.
        name: name in reports.
    """

    items: tuple[LabeledImage, ...]
    name: str

    @classmethod
    def load(cls, path: str | Path) -> Dataset:
        """Reads a manifest, or a folder by its `manifest.csv` (.jsonl, .parquet), else by the names of its subfolders.

        Raises:
            DatasetError: something is missing or cannot be read; a subclass states what.
        """
        path = Path(path)
        if path.is_file():
            return cls.from_manifest(path)
        tables = (path / f"manifest{suffix}" for suffix in MANIFEST_SUFFIXES)
        table = next((table for table in tables if table.is_file()), None)
        return cls.from_manifest(table) if table else cls.from_folder(path)

    @classmethod
    def from_folder(cls, path: str | Path) -> Dataset:
        """Reads `Real/` and `Fake/` folders, with or without `Train/`, `Validation/`, `Test/` (see `folders`).

        Raises:
            DatasetError: the folder does not exist or has no images.
            AmbiguousNames: the folder names do not show which class is real.
        """
        root = Path(path)
        return cls(tuple(read_folder(root)), root.resolve().name)

    @classmethod
    def from_manifest(cls, path: str | Path) -> Dataset:
        """Reads a CSV, JSON Lines or Parquet manifest (see `manifests`).

        Raises:
            DatasetError: the manifest does not exist, or none of its images exists.
            BadManifest: columns or rows are missing or invalid.
            MissingExtra: the manifest is Parquet and pyarrow is not installed.
        """
        table = Path(path)
        return cls(tuple(read_manifest(table)), table.resolve().parent.name)

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[LabeledImage]:
        return iter(self.items)

    def take(self, indices: Iterable[int]) -> Dataset:
        """The images at these indices, in this order."""
        return replace(self, items=tuple(self.items[index] for index in indices))

    def subset(self, split: str | None) -> Dataset:
        """The images of one split; None selects the images without a split."""
        return self.where(split=split)

    def where(self, **wanted: str | Collection[str | None] | None) -> Dataset:
        """The images whose fields have the given values.

        Args:
            wanted: for each field of `LabeledImage`, a value or a collection of accepted values.
        """
        allowed = {
            field: {values} if values is None or isinstance(values, str) else set(values)
            for field, values in wanted.items()
        }
        keep = (item for item in self.items if all(getattr(item, field) in values for field, values in allowed.items()))
        return replace(self, items=tuple(keep))

    @cached_property
    def labels(self) -> NDArray[np.int64]:
        """Class indices, `[N]`: 0 is `real`, 1 is `fake`."""
        return np.array([CLASSES.index(item.label) for item in self.items], np.int64)

    @cached_property
    def groups(self) -> NDArray[np.int64]:
        """Group numbers, `[N]`; an image without a group forms its own group."""
        codes: dict[str | int, int] = {}
        keys = (index if item.group is None else item.group for index, item in enumerate(self.items))
        return np.array([codes.setdefault(key, len(codes)) for key in keys], np.int64)

    @property
    def splits(self) -> tuple[str | None, ...]:
        """The splits that occur, in the order train, valid, test, None."""
        present = {item.split for item in self.items}
        return tuple(split for split in ("train", "valid", "test", None) if split in present)

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources that occur, sorted."""
        return tuple(sorted({item.source for item in self.items}))

    @cached_property
    def sha256(self) -> str:
        """Digest of every image's name, source, label and split; independent of order and storage location."""
        rows = sorted("\t".join((item.name, item.source, item.label, item.split or "")) for item in self.items)
        return _digest(rows)

    @property
    def groups_sha256(self) -> str:
        """Digest of the set of groups; an image without a group counts by its name."""
        return _digest(sorted({item.group or item.name for item in self.items}))

    @cached_property
    def fingerprint(self) -> str:
        """Digest of everything that determines sampling order in training: order, groups and weights."""
        return _digest(repr((item.name, item.source, item.label, item.group, item.weight)) for item in self.items)

    @cached_property
    def content_sha256(self) -> str:
        """`sha256` without the splits: equal for a dataset and for any split of it."""
        return replace(self, items=tuple(replace(item, split=None) for item in self.items)).sha256

    def counts(self) -> dict[str, dict[str, dict[str, int]]]:
        """Number of images by split (`unsplit` if there is none), source and class."""
        tally = Counter((item.split or "unsplit", item.source, item.label) for item in self.items)
        table: dict[str, dict[str, dict[str, int]]] = {}
        for (split, source, label), count in sorted(tally.items()):
            table.setdefault(split, {}).setdefault(source, dict.fromkeys(CLASSES, 0))[label] = count
        return table


def _digest(rows: Iterable[str]) -> str:
    """SHA-256 of lines of text; file names that are not Unicode count as their bytes."""
    return hashlib.sha256("\n".join(rows).encode("utf-8", "surrogateescape")).hexdigest()


def mix(parts: Sequence[tuple[Dataset, float]]) -> Dataset:
    """Joins datasets, with sampling weights that give each one its share whatever its size.

    Groups of different datasets are kept apart, unless the datasets are manifests of one folder. The weights of
    single images keep their proportions. If a recipe balances sources, weights act within a source and class; with
    `data.balance = "class"` they act between datasets.

    Args:
        parts: datasets and their shares, in any unit.

    Returns:
        One dataset; its weights have mean 1.

    Raises:
        UsageError: a share is not positive and finite, or there are no datasets.
        DatasetError: a dataset is empty.
    """
    if not parts or not all(0 < weight < math.inf for _, weight in parts):
        raise UsageError("mixing needs at least one dataset, each with a finite weight above 0")
    if empty := [part.name for part, _ in parts if not sum(item.weight for item in part)]:
        raise DatasetError(f"cannot mix {', '.join(empty)}: no picture with a weight above 0")
    pictures = sum(len(part) for part, _ in parts)
    unit = pictures / sum(weight for _, weight in parts)
    prefixes = _prefixes([part for part, _ in parts])
    distinct = len(set(prefixes)) > 1
    items: list[LabeledImage] = []
    for prefix, (part, weight) in zip(prefixes, parts, strict=True):
        factor = unit * weight / sum(item.weight for item in part)
        items += [
            replace(
                item,
                weight=item.weight * factor,
                group=f"{prefix}/{item.group}" if distinct and item.group is not None else item.group,
                name=f"{prefix}/{item.name}" if distinct else item.name,
            )
            for item in part
        ]
    return Dataset(tuple(items), "+".join(dict.fromkeys(part.name for part, _ in parts)))


def _prefixes(parts: Sequence[Dataset]) -> list[str]:
    """Prefix of each part's image names: the part's name, numbered if two datasets have the same one."""
    files = {(part.name, item.name, item.path) for part in parts for item in part}
    if len(files) == len({(name, picture) for name, picture, _ in files}):
        return [part.name for part in parts]
    return [f"{part.name}-{number}" for number, part in enumerate(parts, 1)]
