"""PyTorch datasets and loaders: augmented training images, and evaluation images preprocessed as in inference."""

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

from unmask._encoding import reencode
from unmask.datasets import Dataset
from unmask.evaluation import TIERS
from unmask.images import open_image
from unmask.preprocessing import WHOLE_INPUT, Preprocessing, full_frame, preprocess
from unmask.training.config import Recipe
from unmask.training.data.augment import augment
from unmask.training.data.face_box_cache import FaceBoxes, open_rgb
from unmask.training.data.pseudo_fakes import Face, degrade_globally, make_fake
from unmask.training.data.sampler import AUGMENT, PSEUDO_FAKE, SECOND_VIEW, SampleSpec, generator

Batch = tuple[Tensor, Tensor]
"""uint8 pixels `[N, size, size, 3]` and float targets `[N]`, 1 for `fake`."""
EvalBatch = tuple[Tensor, Tensor, Tensor]
"""The same, and the crops around the faces within the pixels, float32 `[N, 4]`."""
PAIR_QUALITY = (60, 97)
"""Range of the JPEG quality of a pseudo-fake and its original; both are saved at the same quality."""
MAX_TRIES = 1000
"""Random draws in search of another real image of the same source."""


@dataclass(frozen=True, slots=True)
class TrainDataset:
    """Map-style dataset: a `SampleSpec` to augmented pixels `[size, size, 3]` and a target.

    Attributes:
        dataset: the training images.
        boxes: their face boxes.
        recipe: preprocessing, augmentation and pseudo-fakes.
    """

    dataset: Dataset
    boxes: FaceBoxes
    recipe: Recipe

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, sample: SampleSpec) -> tuple[NDArray[np.uint8], np.float32]:
        rng = generator(self.recipe.seed, SECOND_VIEW if sample.second_view else AUGMENT, sample.serial)
        image, box = self.face(sample.index)
        fake = sample.pseudo_fake or self.dataset.items[sample.index].label == "fake"
        quality = int(rng.integers(*PAIR_QUALITY))
        if sample.paired:
            image = reencode(self._pair_image(sample, (image, box)), "JPEG", quality=quality)
        config = self.recipe.augmentation
        if sample.second_view:
            config = replace(config, undegraded=0.0)
        return augment(image, box, self.recipe.preprocessing, config, rng), np.float32(fake)

    def face(self, index: int) -> Face:
        """An image and its face box; the full frame if no face was found."""
        item = self.dataset.items[index]
        image = open_rgb(item)
        return image, self.boxes.get(item.name) or full_frame(*image.size)

    def _pair_image(self, sample: SampleSpec, face: Face) -> Image.Image:
        """A pseudo-fake or its original, before JPEG compression."""
        rng = generator(self.recipe.seed, PSEUDO_FAKE, sample.serial)
        config = self.recipe.pseudo_fakes
        if sample.pseudo_fake:
            return make_fake(face, lambda: self._donor(sample.index, rng), config, rng)
        return degrade_globally(face[0], rng) if rng.random() < config.degrade_originals else face[0]

    def _donor(self, index: int, rng: np.random.Generator) -> Face:
        """Another real image of the same source; the same image if there is no other."""
        items = self.dataset.items
        for _ in range(MAX_TRIES):
            other = int(rng.integers(len(items)))
            if other != index and items[other].label == "real" and items[other].source == items[index].source:
                return self.face(other)
        return self.face(index)


@dataclass(frozen=True, slots=True)
class EvalDataset:
    """Map-style dataset: an index to pixels preprocessed as in inference, in one tier, a target, and a face region."""

    dataset: Dataset
    boxes: FaceBoxes
    preprocessing: Preprocessing
    tier: str = "clean"

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> tuple[NDArray[np.uint8], np.float32, NDArray[np.float32]]:
        item, tier = self.dataset.items[index], TIERS[self.tier]
        original = open_image(item.path)
        image = original if tier.is_identity else open_image(tier.apply(original.rgb()))
        box, region = self.boxes.get(item.name), WHOLE_INPUT
        if box is not None:
            scale = image.width / original.width
            x, y, w, h = box
            box = x * scale, y * scale, w * scale, h * scale
            region = self.preprocessing.face_region(box, image.width, image.height)
        pixels = preprocess(image, box, self.preprocessing)
        return pixels, np.float32(item.label == "fake"), np.array(region, np.float32)


@dataclass(frozen=True, slots=True)
class ImageSample:
    """Some images: uint8 pixels `[N, size, size, 3]`, whether each is fake `[N]`, and the face regions `[N, 4]`."""

    pixels: NDArray[np.uint8]
    is_fake: NDArray[np.bool_]
    face_regions: NDArray[np.float32]


def random_sample(dataset: EvalDataset, count: int, seed: int) -> ImageSample:
    """Up to `count` random images."""
    chosen = np.random.default_rng(seed).permutation(len(dataset))[:count]
    pixels, targets, regions = zip(*(dataset[int(index)] for index in chosen), strict=True)
    return ImageSample(np.stack(pixels), np.array(targets) == 1, np.stack(regions))


def train_loader(dataset: TrainDataset, batches: Iterator[list[SampleSpec]], workers: int) -> Iterable[Batch]:
    """Training batches in the order of the sampler."""
    return _loader(dataset, workers, batch_sampler=list(batches))


def eval_loader(dataset: EvalDataset, indices: Sequence[int], batch_size: int, workers: int) -> Iterable[EvalBatch]:
    """Batches of the images at `indices`, in order."""
    return _loader(dataset, workers, sampler=list(indices), batch_size=batch_size)


def _loader(dataset: Any, workers: int, **options: Any) -> DataLoader[Any]:
    """A loader with worker processes; forked on Linux, which avoids importing all modules again."""
    if workers:
        options |= {"num_workers": workers, "prefetch_factor": 4}
        if sys.platform == "linux":
            options["multiprocessing_context"] = "fork"
    return DataLoader(dataset, collate_fn=_collate, pin_memory=torch.cuda.is_available(), **options)


def _collate(samples: list[tuple[NDArray[Any] | np.float32, ...]]) -> tuple[Tensor, ...]:
    return tuple(torch.from_numpy(np.stack(column)) for column in zip(*samples, strict=True))
