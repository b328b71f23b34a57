"""Sampling of training images: seeded, stratified by source and class, and independent of interruptions.

The samples of an epoch depend on (seed, epoch) alone, and the augmentation of a sample on (seed, serial number) alone.
A run can be resumed at any step, with any number of loader processes or devices, and sees the same pixels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from unmask.datasets import LabeledImage
from unmask.errors import TrainingError
from unmask.training.config import DataConfig, Recipe

ORDER, AUGMENT, MIXUP, PSEUDO_FAKE, SECOND_VIEW = range(5)
"""Independent streams of random numbers."""

Members = dict[tuple[str, str], list[int]]
"""(Source, class) to the indices of its images."""


def generator(seed: int, stream: int, number: int) -> Generator:
    """The random generator of one epoch, sample or step."""
    return np.random.default_rng((seed, stream, number))


@dataclass(frozen=True, slots=True)
class SampleSpec:
    """One sample of an epoch.

    Attributes:
        index: index of the image in the dataset.
        serial: seed of its augmentation. A pseudo-fake and its original share it, so that both are cropped and degraded
            alike and differ in the manipulation only.
        pseudo_fake: turn this real image into a fake.
        paired: a pseudo-fake, or its original, which follows it.
        second_view: the image of the sample before, with another augmentation.
    """

    index: int
    serial: int
    pseudo_fake: bool = False
    paired: bool = False
    second_view: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Stratum:
    """Images of one class, and of one source if sources are balanced.

    Attributes:
        source, label: source and label of its images; the source is "" if sources are not balanced.
        indices: indices of its images.
        quota: its share of an epoch, relative to the other strata.
    """

    source: str
    label: str
    indices: NDArray[np.int64]
    quota: float


@dataclass(frozen=True, slots=True)
class EpochSampler:
    """The samples of every epoch.

    Attributes:
        items: the training images.
        data: epoch size and balance.
        pseudo_fake_share: share of the fakes that are pseudo-fakes, each followed by its original.
        batch_size: samples in one step; an epoch has whole steps only.
        seed: random seed of the order.
        two_views: show every image twice in a row, and half as many images.
    """

    items: Sequence[LabeledImage]
    data: DataConfig
    pseudo_fake_share: float
    batch_size: int
    seed: int
    two_views: bool = False

    @classmethod
    def from_recipe(cls, recipe: Recipe, items: Sequence[LabeledImage]) -> EpochSampler:
        """The sampler of a recipe for these training images."""
        two_views = recipe.loss.consistency > 0
        return cls(items, recipe.data, recipe.pseudo_fakes.share, recipe.fit.batch_size, recipe.seed, two_views)

    @property
    def steps(self) -> int:
        """Steps in one epoch, at least one."""
        return max(1, (self.data.per_epoch or len(self.items)) // self.batch_size)

    @property
    def views(self) -> int:
        """Views of each image."""
        return 2 if self.two_views else 1

    def epoch(self, number: int) -> list[SampleSpec]:
        """The samples of one epoch, in order."""
        rng = generator(self.seed, ORDER, number)
        wanted = self.steps * self.batch_size // self.views
        strata = stratify(self.items, self.data)
        counts = dict(zip(strata, apportion(np.array([each.quota for each in strata]), wanted).tolist(), strict=True))
        pairs_of = self._pseudo_fake_counts(counts)
        singles = [
            (int(index), False)
            for stratum, count in counts.items()
            for index in self._pick(stratum, count - pairs_of[stratum], rng)
        ]
        pairs = [
            (int(index), True)
            for stratum in strata
            if stratum.label == "real"
            for index in self._pick(stratum, pairs_of[stratum], rng)
        ]
        chosen = singles + pairs
        samples: list[SampleSpec] = []
        for serial, position in enumerate(rng.permutation(len(chosen)), number * wanted):
            index, paired = chosen[position]
            samples += [SampleSpec(index, serial, fake, paired) for fake in ((True, False) if paired else (False,))]
        return [view for each in samples for view in (each, replace(each, second_view=True))[: self.views]]

    def batches(self, number: int, first: int = 0, rank: int = 0, world: int = 1) -> Iterator[list[SampleSpec]]:
        """The samples of one epoch in batches, from step `first` on; of several devices, those of device `rank`."""
        samples = self.epoch(number)
        for start in range(first * self.batch_size, len(samples), self.batch_size):
            batch = samples[start : start + self.batch_size]
            yield [each for position, each in enumerate(batch) if position // self.views % world == rank]

    def _pseudo_fake_counts(self, counts: dict[Stratum, int]) -> dict[Stratum, int]:
        """Pseudo-fakes made from each stratum of real images, and fakes that each stratum of fakes gives up for them.

        Every source contributes the same share of its real images, with or without fakes of its own.
        """
        strata = {label: [each for each in counts if each.label == label] for label in ("real", "fake")}
        total = {label: sum(counts[each] for each in members) for label, members in strata.items()}
        count = min(round(total["fake"] * self.pseudo_fake_share), total["real"])
        return {
            stratum: int(part)
            for members in strata.values()
            for stratum, part in zip(
                members, apportion(np.array([counts[each] for each in members]), count), strict=True
            )
        }

    def _pick(self, stratum: Stratum, count: int, rng: Generator) -> NDArray[np.int64]:
        weights = np.array([self.items[index].weight for index in stratum.indices])
        return systematic_sample(stratum.indices, weights, count, rng)


def stratify(items: Sequence[LabeledImage], data: DataConfig) -> list[Stratum]:
    """The strata of a dataset, sorted, each with its quota.

    Raises:
        TrainingError: a class has no images.
    """
    members: Members = defaultdict(list)
    for index, item in enumerate(items):
        if item.weight > 0:
            members[item.source if data.balance == "source-and-class" else "", item.label].append(index)
    for label in ("real", "fake"):
        if not any(key[1] == label for key in members):
            raise TrainingError(f"no {label} pictures to train on; add some, or check the labels with `unmask audit`")
    quotas = _quotas(items, members, data)
    return [Stratum(*key, np.array(members[key], np.int64), quotas[key]) for key in sorted(members)]


def _quotas(items: Sequence[LabeledImage], members: Members, data: DataConfig) -> dict[tuple[str, str], float]:
    """Quota of each stratum: `shares` by source; both classes have the same sum unless nothing is balanced."""
    if data.balance == "none":
        return {key: sum(items[index].weight for index in indices) for key, indices in members.items()}
    quotas = {key: data.shares.get(key[0], 1.0) for key in members}
    totals = {label: sum(quota for key, quota in quotas.items() if key[1] == label) for label in ("real", "fake")}
    if not all(totals.values()):
        raise TrainingError("data.shares: every source of one class has a share of 0; give one a positive share")
    return {key: quota / totals[key[1]] for key, quota in quotas.items()}


def apportion(quotas: NDArray[np.float64], total: int) -> NDArray[np.int64]:
    """Integers that sum to `total`, in proportion to the quotas `[N]`, by the largest-remainder method."""
    if not total:
        return np.zeros(len(quotas), np.int64)
    exact = quotas / quotas.sum() * total
    counts: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    missing = total - int(counts.sum())
    counts[np.argsort(counts - exact, kind="stable")[:missing]] += 1
    return counts


def systematic_sample(
    indices: NDArray[np.int64], weights: NDArray[np.float64], count: int, rng: Generator
) -> NDArray[np.int64]:
    """Systematic sampling of `count` indices in proportion to their weights.

    With equal weights, no index is drawn twice before each was drawn once.
    """
    if not count:
        return np.empty(0, np.int64)
    order = rng.permutation(len(indices))
    edges = np.cumsum(weights[order])
    marks = (np.arange(count) + rng.random()) * (edges[-1] / count)
    positions = np.minimum(np.searchsorted(edges, marks, side="right"), len(order) - 1)
    chosen: NDArray[np.int64] = indices[order[positions]]
    return chosen
