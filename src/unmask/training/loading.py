"""Pictures to batches: augmented ones to learn from, and plain ones prepared as users' pictures are."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader

from unmask.datasets import Dataset
from unmask.evaluation import TIERS
from unmask.images import open_image
from unmask.preparing import Preparation, prepare, whole
from unmask.training.augment import augment, encode
from unmask.training.boxes import Boxes, open_rgb
from unmask.training.fakes import Face, even_out, make_fake
from unmask.training.recipe import Recipe
from unmask.training.sampling import MAKING, PICTURE, TWIN, Draw, generator

Batch = tuple[Tensor, Tensor]
"""uint8 pixels `[N, size, size, 3]` and float targets `[N]`, 1 for `fake`."""
SAVED = (60, 97)
"""JPEG qualities with which an altered picture and its original are saved, alike, so that the seam is left to see."""


@dataclass(frozen=True, slots=True)
class Lessons:
    """What the network learns from: a draw in, one augmented picture and its target out.

    Attributes:
        dataset: the training pictures.
        boxes: where their faces are.
        recipe: how they are augmented and turned into fakes.
    """

    dataset: Dataset
    boxes: Boxes
    recipe: Recipe

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, draw: Draw) -> tuple[NDArray[np.uint8], np.float32]:
        rng = generator(self.recipe.seed, TWIN if draw.twin else PICTURE, draw.serial)
        image, box = self.face(draw.index)
        fake = draw.self_made or self.dataset.items[draw.index].label == "fake"
        quality = int(rng.integers(*SAVED))
        if draw.paired:
            image = encode(self._half(draw, (image, box)), "JPEG", quality)
        settings = replace(self.recipe.augmentation, pristine=0.0) if draw.twin else self.recipe.augmentation
        return augment(image, box, self.recipe.preparation.size, settings, rng), np.float32(fake)

    def _half(self, draw: Draw, face: Face) -> Image.Image:
        """One half of a pair: the fake, or its original, before both are saved alike."""
        making = generator(self.recipe.seed, MAKING, draw.serial)
        if draw.self_made:
            return make_fake(face, lambda: self._donor(draw.index, making), self.recipe.fakes, making)
        return even_out(face[0], making) if making.random() < self.recipe.fakes.even else face[0]

    def face(self, index: int) -> Face:
        """A picture and the box of its face."""
        item = self.dataset.items[index]
        image = open_rgb(item)
        return image, self.boxes.get(item.name) or whole(*image.size)

    def _donor(self, index: int, rng: np.random.Generator) -> Face:
        """Another real picture of the same source; the same one where there is no other."""
        items = self.dataset.items
        for _ in range(1000):
            other = int(rng.integers(len(items)))
            if other != index and items[other].label == "real" and items[other].source == items[index].source:
                return self.face(other)
        return self.face(index)


@dataclass(frozen=True, slots=True)
class Exhibits:
    """Pictures prepared for judging as users' pictures are, in one of the tiers of an evaluation."""

    dataset: Dataset
    boxes: Boxes
    preparation: Preparation
    tier: str = "clean"

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> tuple[NDArray[np.uint8], np.float32]:
        item, tier = self.dataset.items[index], TIERS[self.tier]
        original = open_image(item.path)
        picture = original if tier.is_nothing else open_image(tier.apply(original.rgb()))
        box = self.boxes.get(item.name)
        if box is not None:
            scale = picture.width / original.width
            x, y, w, h = box
            box = x * scale, y * scale, w * scale, h * scale
        return prepare(picture, box, self.preparation), np.float32(item.label == "fake")


@dataclass(frozen=True, slots=True)
class Sample:
    """A few pictures: uint8 pixels `[N, size, size, 3]`, and whether each is fake `[N]`."""

    pixels: NDArray[np.uint8]
    truth: NDArray[np.bool_]


def sample(exhibits: Exhibits, count: int, seed: int) -> Sample:
    """Up to `count` pictures chosen at random."""
    chosen = np.random.default_rng(seed).permutation(len(exhibits))[:count]
    pixels, targets = zip(*(exhibits[int(index)] for index in chosen), strict=True)
    return Sample(np.stack(pixels), np.array(targets) == 1)


def lesson_batches(lessons: Lessons, draws: Iterator[list[Draw]], workers: int) -> Iterable[Batch]:
    """Batches to learn from, in the order of the draws."""
    return _loader(lessons, workers, batch_sampler=list(draws))


def exhibit_batches(exhibits: Exhibits, indices: Sequence[int], batch_size: int, workers: int) -> Iterable[Batch]:
    """Batches to judge, of the pictures at `indices`."""
    return _loader(exhibits, workers, sampler=list(indices), batch_size=batch_size)


def _loader(source: Any, workers: int, **options: Any) -> DataLoader[Batch]:
    """A loader with that many processes; forked where that is safe, which spares importing everything again."""
    if workers:
        options |= {"num_workers": workers, "prefetch_factor": 4}
        if sys.platform == "linux":
            options["multiprocessing_context"] = "fork"
    return DataLoader(source, collate_fn=_collate, pin_memory=torch.cuda.is_available(), **options)


def _collate(pairs: list[tuple[NDArray[np.uint8], np.float32]]) -> Batch:
    pixels, targets = zip(*pairs, strict=True)
    return torch.from_numpy(np.stack(pixels)), torch.from_numpy(np.array(targets, np.float32))
