"""Group-preserving, stratified splits of a dataset.

Random splits assign groups one by one, large ones first and equally large ones in seeded random order. Each goes to
the part that is furthest below its share of the group's own sources and classes. Stable splits assign a group by the
hash of its name, so that the assignment does not change when the dataset grows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from unmask.datasets.dataset import Dataset
from unmask.datasets.labeled_image import SPLITS, LabeledImage
from unmask.datasets.near_duplicates import Hashes, close_pairs, difference_hash, merge_groups, thumbnail
from unmask.datasets.parallel import parallel_map
from unmask.errors import DatasetError, UnmaskError, UsageError
from unmask.images import open_image

HOLDOUT_SALT, TEST_SALT = "7", "reported"
"""Prefixes of the hashed group names. They must never change: a model continued from another one must hold out the
same groups.
"""
HashesByName = Mapping[str, Hashes]
"""Difference hashes by the name of the image."""
DEFAULT_SHARES: Mapping[str, float] = {"train": 0.8, "valid": 0.1, "test": 0.1}


def split_by_group(
    dataset: Dataset,
    shares: Mapping[str, float] = DEFAULT_SHARES,
    seed: int = 0,
    *,
    stable: bool = False,
    hashes: HashesByName | None = None,
) -> Dataset:
    """Assigns every image to a split; existing splits are overwritten.

    Args:
        dataset: the images. Groups are never divided, nor are near duplicates, whatever group they are in.
        shares: relative size of each split, in any unit.
        seed: random seed; the same seed gives the same split on every machine.
        stable: assign groups by the hash of their name (see `hold_out`). This needs exactly two splits, of which
            the second has a share of at most about one half.
        hashes: difference hashes of the images; None computes them.

    Raises:
        UsageError: a split that is not train, valid or test; a share that is not positive; or a stable split with
            other than two parts.
        DatasetError: the dataset is empty.
    """
    if not shares or not set(shares) <= set(SPLITS) or not all(share > 0 for share in shares.values()):
        raise UsageError(f"cannot split by {dict(shares)}; give positive shares for one or more of {', '.join(SPLITS)}")
    names = list(shares)
    if stable and len(names) != 2:
        raise UsageError(f"a stable split has exactly two parts, not {len(names)}")
    groups, sizes = group_ids(dataset, hashes), [shares[name] for name in names]
    parts = (
        hash_split(dataset, groups, sizes[1] / sum(sizes), TEST_SALT)
        if stable
        else assign_groups(dataset, groups, sizes, seed)
    )
    items = (replace(item, split=names[part]) for item, part in zip(dataset, parts, strict=True))
    return replace(dataset, items=tuple(items))


def hold_out(
    dataset: Dataset, share: float = 0.1, seed: int = 0, *, stable: bool = False, hashes: HashesByName | None = None
) -> tuple[Dataset, Dataset]:
    """Divides the training split into a fit part and a calibration part.

    Args:
        dataset: its `train` split is divided, or all of it if no image has a split.
        share: share of the calibration part, within each source and class.
        seed: random seed; not used if `stable`.
        stable: assign groups by the hash of their name. A group then stays in its part whatever the seed and however
            the dataset grows, so models that continue from or are combined with each other can hold out the same
            images. Sources and classes get their shares only approximately, and near duplicates are kept together
            only among images without a group.
        hashes: difference hashes of the images; None computes them.

    Returns:
        The fit part and the calibration part; no group is in both.

    Raises:
        UsageError: a share that is not between 0 and 1.
        DatasetError: there is no image to train on.
    """
    if not 0 < share < 1:
        raise UsageError(f"the held-out share must be between 0 and 1, not {share}")
    training = dataset.subset("train") if any(item.split for item in dataset) else dataset
    groups = group_ids(training, hashes, only_ungrouped=stable)
    parts = hash_split(training, groups, share) if stable else assign_groups(training, groups, [1 - share, share], seed)
    return training.take(np.flatnonzero(parts == 0).tolist()), training.take(np.flatnonzero(parts == 1).tolist())


def hash_split(
    dataset: Dataset, groups: NDArray[np.int64], share: float, salt: str = HOLDOUT_SALT
) -> NDArray[np.int64]:
    """Assigns one group in `1 / share` to part 1 by the hash of its name.

    Args:
        dataset: the images.
        groups: `[N]` group numbers. A group without a name uses the name of its first image.
        share: share of part 1.
        salt: prefix of the hashed name.

    Returns:
        The part of each image, `[N]`, 0 or 1.
    """
    names = {int(group): item.group or item.name for group, item in reversed([*zip(groups, dataset, strict=True)])}
    every = max(2, round(1 / share))
    digests = {
        group: hashlib.sha256(f"{salt}:{name}".encode("utf-8", "surrogateescape")).hexdigest()
        for group, name in names.items()
    }
    return np.array([int(digests[int(group)][:8], 16) % every == 0 for group in groups], np.int64)


def assign_folds(
    dataset: Dataset, count: int, seed: int = 0, *, hashes: HashesByName | None = None
) -> NDArray[np.int64]:
    """Assigns every image to a cross-validation fold; groups and near duplicates stay in one fold.

    Returns:
        The fold of each image, `[N]`, from 0 to `count` - 1.

    Raises:
        UsageError: fewer than two folds.
        DatasetError: the dataset is empty.
    """
    if count < 2:
        raise UsageError(f"cross-validation needs at least 2 folds, not {count}")
    return assign_groups(dataset, group_ids(dataset, hashes), [1.0] * count, seed)


def group_ids(
    dataset: Dataset, hashes: HashesByName | None = None, *, only_ungrouped: bool = False
) -> NDArray[np.int64]:
    """Group numbers `[N]` after merging groups that share near duplicates.

    Args:
        dataset: the images.
        hashes: difference hashes of the images; None computes them.
        only_ungrouped: search for near duplicates only among images without a group.
    """
    items = [(index, item) for index, item in enumerate(dataset) if not (only_ungrouped and item.group)]
    hashes = read_hashes(item for _, item in items) if hashes is None else hashes
    members = np.array([index for index, item in items if item.name in hashes], np.int64)
    if not members.size:
        return dataset.groups
    stacked = np.stack([hashes[dataset.items[index].name] for index in members])
    return merge_groups(dataset.groups, members[close_pairs(stacked)])


def read_hashes(items: Iterable[LabeledImage]) -> dict[str, Hashes]:
    """Difference hashes by name, computed on all cores; unreadable images are left out."""
    return {name: found for name, found in parallel_map(_hash, items) if found is not None}


def _hash(item: LabeledImage) -> tuple[str, Hashes | None]:
    try:
        return item.name, difference_hash(thumbnail(open_image(item.path)))
    except UnmaskError:
        return item.name, None


def assign_groups(dataset: Dataset, groups: NDArray[np.int64], shares: list[float], seed: int) -> NDArray[np.int64]:
    """Assigns whole groups to parts, stratified by source and class.

    Args:
        dataset: the images.
        groups: `[N]` group numbers.
        shares: relative size of each part, in any unit.
        seed: random seed for the order of equally large groups.

    Returns:
        The part of each image, `[N]`.

    Raises:
        DatasetError: the dataset is empty.
    """
    if not len(dataset):
        raise DatasetError(f"{dataset.name} has no pictures to split")
    strata, stratum = np.unique([f"{item.source}\t{item.label}" for item in dataset], return_inverse=True)
    _, codes = np.unique(groups, return_inverse=True)
    members = np.zeros((codes.max() + 1, len(strata)))
    np.add.at(members, (codes, stratum), 1)
    wanted = np.outer(np.array(shares) / sum(shares), members.sum(axis=0))
    shuffled = np.random.default_rng(seed).permutation(len(members))
    order = shuffled[np.argsort(-members.sum(axis=1)[shuffled], kind="stable")]
    assigned, part = np.zeros_like(wanted), np.zeros(len(members), np.int64)
    for group in order:
        need = (wanted - assigned) / np.maximum(wanted, 1e-9)
        choice = int(np.argmax(need @ members[group]))
        part[group] = choice
        assigned[choice] += members[group]
    return part[codes]


def stratified_sample(dataset: Dataset, count: int, seed: int = 0) -> Dataset:
    """About `count` images in dataset order, stratified by source and class; all if there are fewer.

    Raises:
        UsageError: `count` is below 1.
    """
    if count >= len(dataset):
        return dataset
    if count < 1:
        raise UsageError(f"a sample needs at least one picture, not {count}")
    parts = assign_groups(dataset, np.arange(len(dataset)), [count, len(dataset) - count], seed)
    return dataset.take(np.flatnonzero(parts == 0).tolist())
