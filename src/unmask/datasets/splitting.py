"""Splits that keep a group whole and give every source and class its share.

Groups are dealt out one by one, large ones first and equal ones in seeded random order, each to the part
that lags furthest behind its share of the group's own sources and classes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from unmask.datasets.dataset import Dataset
from unmask.datasets.item import SPLITS, Item
from unmask.datasets.parallel import in_order
from unmask.datasets.similar import Hashes, close_pairs, difference_hash, merged, thumbnail
from unmask.errors import DatasetError, UnmaskError, UsageError
from unmask.images import open_image

LASTING, REPORTED = "7", "reported"
"""Begin what is digested for a lasting division, the same for ever: models hold out what those before them did."""
Known = Mapping[str, Hashes]
"""Names of pictures to their difference hashes, where someone has read them already."""
DEFAULT_SHARES: Mapping[str, float] = {"train": 0.8, "valid": 0.1, "test": 0.1}


def split_by_group(
    dataset: Dataset,
    shares: Mapping[str, float] = DEFAULT_SHARES,
    seed: int = 0,
    *,
    lasting: bool = False,
    known: Known | None = None,
) -> Dataset:
    """Give every picture a split; the splits it had are forgotten.

    Args:
        dataset: the pictures; groups stay whole, and with them the near duplicates of any of their pictures.
        shares: split to its share, in any unit.
        seed: another seed, another split; the same seed, the same split on every machine.
        lasting: let the name of a group alone decide, as for `hold_out`; for two splits, the second one about a half
            or less.
        known: difference hashes of the pictures; None reads them.

    Raises:
        UsageError: splits other than train, valid, test, shares that are not positive, or more than two that last.
        DatasetError: an empty data set.
    """
    if not shares or not set(shares) <= set(SPLITS) or not all(share > 0 for share in shares.values()):
        raise UsageError(f"shares name some of {', '.join(SPLITS)}, each above 0; got {dict(shares)}")
    names = list(shares)
    if lasting and len(names) != 2:
        raise UsageError(f"a lasting split has two parts, not {len(names)}")
    groups, sizes = together(dataset, known), [shares[name] for name in names]
    parts = (
        draw_lasting(dataset, groups, sizes[1] / sum(sizes), REPORTED)
        if lasting
        else deal(dataset, groups, sizes, seed)
    )
    items = (replace(item, split=names[part]) for item, part in zip(dataset, parts, strict=True))
    return replace(dataset, items=tuple(items))


def hold_out(
    dataset: Dataset, share: float = 0.1, seed: int = 0, *, lasting: bool = False, known: Known | None = None
) -> tuple[Dataset, Dataset]:
    """Set aside part of the training split for calibration, thresholds and early stopping.

    Args:
        dataset: its `train` split is divided; all of it where nothing is split.
        share: of each source and class to set aside.
        seed: of a division that is not lasting.
        lasting: let the name of a group alone decide, so that it stays on its side whatever the seed and however the
            data set grows, and what a model set aside can be set aside again by those that go on from it or are joined
            with it; sources and classes then get their share only roughly, and near duplicates stay together only
            where they have no group.
        known: difference hashes of the pictures; None reads them.

    Returns:
        What is left to fit on, and what is set aside; no group is in both.

    Raises:
        UsageError: a share that is not between 0 and 1.
        DatasetError: there is nothing to train on.
    """
    if not 0 < share < 1:
        raise UsageError(f"the share to hold out lies between 0 and 1; got {share}")
    training = dataset.subset("train") if any(item.split for item in dataset) else dataset
    groups = together(training, known, trusting=lasting)
    parts = draw_lasting(training, groups, share) if lasting else deal(training, groups, [1 - share, share], seed)
    return training.take(np.flatnonzero(parts == 0).tolist()), training.take(np.flatnonzero(parts == 1).tolist())


def draw_lasting(
    dataset: Dataset, groups: NDArray[np.int64], share: float, purpose: str = LASTING
) -> NDArray[np.int64]:
    """Part 1 for one group in `1 / share`, by a digest of its name, else 0, `[N]`; `groups` are their numbers.

    A group without a name goes by that of its first picture.
    """
    names = {int(group): item.group or item.name for group, item in reversed([*zip(groups, dataset, strict=True)])}
    every = max(2, round(1 / share))
    digests = {
        group: hashlib.sha256(f"{purpose}:{name}".encode("utf-8", "surrogateescape")).hexdigest()
        for group, name in names.items()
    }
    return np.array([int(digests[int(group)][:8], 16) % every == 0 for group in groups], np.int64)


def divide_into_folds(dataset: Dataset, count: int, seed: int = 0, *, known: Known | None = None) -> NDArray[np.int64]:
    """The fold of each picture, `[N]`, from 0 to `count` - 1: groups and near duplicates stay together.

    Raises:
        UsageError: fewer than two folds.
        DatasetError: an empty data set.
    """
    if count < 2:
        raise UsageError(f"there must be at least 2 folds, not {count}")
    return deal(dataset, together(dataset, known), [1.0] * count, seed)


def together(dataset: Dataset, known: Known | None = None, *, trusting: bool = False) -> NDArray[np.int64]:
    """Numbers of the pictures that must stay together, `[N]`: by group and by near duplicates.

    Args:
        dataset: the pictures.
        known: difference hashes of the pictures; None reads them.
        trusting: look for near duplicates only among the pictures without a group.
    """
    items = [(index, item) for index, item in enumerate(dataset) if not (trusting and item.group)]
    known = read_hashes(item for _, item in items) if known is None else known
    members = np.array([index for index, item in items if item.name in known], np.int64)
    if not members.size:
        return dataset.groups
    hashes = np.stack([known[dataset.items[index].name] for index in members])
    return merged(dataset.groups, members[close_pairs(hashes)])


def read_hashes(items: Iterable[Item]) -> dict[str, Hashes]:
    """Names of pictures to their difference hashes, on all cores; those that cannot be read are left out."""
    return {name: found for name, found in in_order(_hash, items) if found is not None}


def _hash(item: Item) -> tuple[str, Hashes | None]:
    try:
        return item.name, difference_hash(thumbnail(open_image(item.path)))
    except UnmaskError:
        return item.name, None


def deal(dataset: Dataset, groups: NDArray[np.int64], shares: list[float], seed: int) -> NDArray[np.int64]:
    """Deals whole groups out to parts.

    Args:
        dataset: the pictures; each part gets its share of every source × class.
        groups: `[N]` numbers; equal ones stay together.
        shares: of each part, in any unit.
        seed: of the order in which groups of equal size are dealt.

    Returns:
        The part of each picture, `[N]`.

    Raises:
        DatasetError: an empty data set.
    """
    if not len(dataset):
        raise DatasetError(f"no pictures to split in {dataset.name}")
    strata, stratum = np.unique([f"{item.source}\t{item.label}" for item in dataset], return_inverse=True)
    _, codes = np.unique(groups, return_inverse=True)
    members = np.zeros((codes.max() + 1, len(strata)))
    np.add.at(members, (codes, stratum), 1)
    wanted = np.outer(np.array(shares) / sum(shares), members.sum(axis=0))
    shuffled = np.random.default_rng(seed).permutation(len(members))
    order = shuffled[np.argsort(-members.sum(axis=1)[shuffled], kind="stable")]
    given, part = np.zeros_like(wanted), np.zeros(len(members), np.int64)
    for group in order:
        need = (wanted - given) / np.maximum(wanted, 1e-9)
        choice = int(np.argmax(need @ members[group]))
        part[group] = choice
        given[choice] += members[group]
    return part[codes]


def sampled(dataset: Dataset, count: int, seed: int = 0) -> Dataset:
    """About `count` pictures in the order of the set, in proportion from every source and class; all if fewer."""
    if count >= len(dataset):
        return dataset
    if count < 1:
        raise UsageError(f"at least one picture is needed, not {count}")
    parts = deal(dataset, np.arange(len(dataset)), [count, len(dataset) - count], seed)
    return dataset.take(np.flatnonzero(parts == 0).tolist())
