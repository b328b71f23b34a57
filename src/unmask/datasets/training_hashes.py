"""Perceptual hashes of a model's training images, in a file beside the model.

The file answers whether images that a model is measured on were in its training data. It is a NumPy archive
`NAME.hashes.npz` beside `NAME.onnx` with four arrays: `hashes` `[N, 32]` (256-bit difference hashes), `sources` `[N]`
(index into `names`), `names` `[S]` (the sources) and `trained_on` (number of training images; more than N if the file
lists a sample). `training_sha256` is the digest of the training split in the model's card; a file with another digest
belongs to another model.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from unmask.card import ModelCard
from unmask.datasets.dataset import Dataset
from unmask.datasets.near_duplicates import Hashes, find_close
from unmask.datasets.splitting import read_hashes
from unmask.errors import BadModelFile
from unmask.hub import read_training_hashes
from unmask.zoo import hashes_name


@dataclass(frozen=True, slots=True)
class TrainingOverlap:
    """Images of a dataset that a model was trained on.

    Attributes:
        names: the images that are exact or near duplicates of listed training images.
        of: number of images compared.
        sources: number of these images by source of the dataset.
        listed: number of training images whose hashes the file lists.
        trained_on: number of training images of the model.
    """

    names: frozenset[str]
    of: int
    sources: Mapping[str, int]
    listed: int
    trained_on: int

    @property
    def images(self) -> int:
        """Number of images that the model was trained on."""
        return len(self.names)

    @property
    def message(self) -> str:
        """One line for people: how many images overlap, by source, and what follows; "" if none does."""
        if not self.images:
            return ""
        named = ", ".join(f"{source} {count:,}" for source, count in self.sources.items())
        sample = ""
        if self.listed < self.trained_on:
            sample = (
                f" (the model lists {self.listed:,} of its {self.trained_on:,} training pictures; about "
                f"{min(self.of, round(self.images * self.trained_on / self.listed)):,} were learned in all)"
            )
        return (
            f"{self.images:,} of these {self.of:,} pictures were learned: {named}{sample}; figures on them are too good"
        )

    def to_dict(self) -> dict[str, Any]:
        """The wire form."""
        return {
            "pictures": self.images,
            "of": self.of,
            "sources": dict(self.sources),
            "listed": self.listed,
            "trained_on": self.trained_on,
        }


@dataclass(frozen=True)
class TrainingHashes:
    """Difference hashes of a model's training images.

    Attributes:
        hashes: `[N, 32]`.
        sources: source of each image, N names.
        trained_on: number of training images; more than N if the hashes are a sample.
        training_sha256: digest of the training split, as in the model's card.
    """

    hashes: Hashes
    sources: tuple[str, ...]
    trained_on: int
    training_sha256: str

    @classmethod
    def of(cls, training: Dataset, hashes: Mapping[str, Hashes]) -> TrainingHashes:
        """The hashes of a training split.

        Args:
            training: the images.
            hashes: difference hash by image name; images without one are left out.
        """
        known = [item for item in training if item.name in hashes]
        table = np.array([hashes[item.name] for item in known], np.uint8).reshape(-1, 32)
        return cls(table, tuple(item.source for item in known), len(training), training.sha256)

    @classmethod
    def load(cls, model: str | os.PathLike[str], card: ModelCard) -> TrainingHashes | None:
        """The hashes beside a model file; None if there are none, or they belong to another model.

        Args:
            model: a name that `unmask models` lists, the path of a model file, or a folder or hub id.
            card: the card of the model.

        Raises:
            BadModelFile: the file beside the model is damaged.
        """
        data = read_training_hashes(model)
        found = cls.from_bytes(data, os.fspath(model)) if data else None
        digest = card.training_data.get("lessons", {}).get("sha256")
        return found if found and found.training_sha256 == digest else None

    @classmethod
    def from_bytes(cls, data: bytes, name: str) -> TrainingHashes:
        """Reads the content of a file; `name` is used in errors.

        Raises:
            BadModelFile: not such a file, or damaged.
        """
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as stored:
                names = stored["names"].tolist()
                return cls(
                    stored["hashes"].reshape(-1, 32).astype(np.uint8, casting="safe"),
                    tuple(names[index] for index in stored["sources"].tolist()),
                    int(stored["trained_on"]),
                    str(stored["training_sha256"]),
                )
        except (KeyError, ValueError, IndexError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise BadModelFile(
                f"{name}: the hashes of the training pictures are damaged; copy {hashes_name('NAME.onnx')} again, "
                "or delete it"
            ) from error

    def to_bytes(self) -> bytes:
        """The content of the file; equal hashes give equal bytes."""
        names = sorted(set(self.sources))
        buffer = io.BytesIO()
        np.savez(
            buffer,
            hashes=self.hashes,
            sources=np.array([names.index(source) for source in self.sources], np.min_scalar_type(len(names))),
            names=np.array(names, np.str_),
            trained_on=np.array(self.trained_on),
            training_sha256=np.array(self.training_sha256),
        )
        return buffer.getvalue()

    def joined(self, other: TrainingHashes) -> TrainingHashes:
        """These hashes with those of a model that this one is made from; equal hashes are listed once."""
        own = {row.tobytes() for row in self.hashes}
        new = [index for index, row in enumerate(other.hashes) if row.tobytes() not in own]
        added = round(len(new) * other.trained_on / max(1, len(other.hashes)))
        return TrainingHashes(
            np.concatenate([self.hashes, other.hashes[new]]),
            self.sources + tuple(other.sources[index] for index in new),
            self.trained_on + added,
            self.training_sha256,
        )

    def sample(self, size: int, seed: int = 0) -> TrainingHashes:
        """A random sample of at most `size` hashes."""
        if size >= len(self.hashes):
            return self
        chosen = np.sort(np.random.default_rng(seed).choice(len(self.hashes), size, replace=False))
        sources = tuple(self.sources[index] for index in chosen.tolist())
        return TrainingHashes(self.hashes[chosen], sources, self.trained_on, self.training_sha256)

    def overlap(self, dataset: Dataset, hashes: Mapping[str, Hashes]) -> TrainingOverlap:
        """Images of a dataset that are exact or near duplicates of training images.

        Args:
            dataset: the images.
            hashes: difference hash by image name; images without one are left out.
        """
        known = [item for item in dataset if item.name in hashes]
        table = np.array([hashes[item.name] for item in known], np.uint8).reshape(-1, 32)
        learned = find_close(table, self.hashes)
        matching = [item for item, each in zip(known, learned.tolist(), strict=True) if each]
        counts = Counter(item.source for item in matching)
        return TrainingOverlap(
            frozenset(item.name for item in matching),
            len(known),
            dict(counts.most_common()),
            len(self.hashes),
            self.trained_on,
        )


def find_overlap(model: str | os.PathLike[str], card: ModelCard, dataset: Dataset) -> TrainingOverlap | None:
    """Images of a dataset that a model was trained on; None if no hashes of its training images are known.

    Args:
        model: a name that `unmask models` lists, the path of a model file, or a folder or hub id.
        card: the card of the model.
        dataset: the images; they are read if the model has hashes.

    Raises:
        BadModelFile: the file beside the model is damaged.
    """
    known = TrainingHashes.load(model, card)
    return known.overlap(dataset, read_hashes(dataset)) if known else None
