"""Audit checks of files, class balance, duplicates and splits."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.card import CLASSES
from unmask.datasets.dataset import Dataset
from unmask.datasets.file_properties import FileProperties
from unmask.datasets.labeled_image import LabeledImage
from unmask.datasets.shortcuts import MIN_PER_CLASS, Shortcut
from unmask.datasets.training_hashes import TrainingOverlap
from unmask.verdict import Failure

MAX_EXAMPLES = 12
_MIN_CLASS_SHARE = 0.2
_MAX_UNREADABLE_SHARE = 0.05
_MAX_NEAR_LEAK_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a dataset.

    Attributes:
        name: stable name for programs: `format`, `duplicate`, `leak`, ….
        is_error: True if training must not start; False for a warning.
        message: one line for people: what is wrong, and what to do.
        count: number of images or pairs concerned.
        examples: some of these images; for duplicates, consecutive images form a pair.
        shortcut: the measurement behind a shortcut fault; else None.
    """

    name: str
    is_error: bool
    message: str
    count: int
    examples: tuple[LabeledImage, ...] = ()
    shortcut: Shortcut | None = None

    def to_dict(self) -> dict[str, Any]:
        """The wire form."""
        return {
            "name": self.name,
            "level": "refuse" if self.is_error else "warn",
            "message": self.message,
            "count": self.count,
            "examples": [{"name": item.name, "label": item.label, "split": item.split} for item in self.examples],
            **({"source": self.shortcut.source, "auc": self.shortcut.auc.to_list()} if self.shortcut else {}),
        }


def unreadable_faults(dataset: Dataset, properties: Sequence[FileProperties | Failure]) -> Iterator[Fault]:
    """`unreadable`: files that cannot be opened or decoded."""
    bad = [(item, each) for item, each in zip(dataset, properties, strict=True) if isinstance(each, Failure)]
    if bad:
        share = len(bad) / len(dataset)
        message = f"{_files(len(bad))} cannot be read ({share:.1%}), such as {bad[0][1].message}"
        yield Fault("unreadable", share > _MAX_UNREADABLE_SHARE, message, len(bad), _examples(item for item, _ in bad))


def balance_faults(dataset: Dataset) -> Iterator[Fault]:
    """`few` and `balance`: a class that is missing or rare, in the dataset or in one source."""
    total: Counter[str] = Counter(item.label for item in dataset)
    if missing := [label for label in CLASSES if not total[label]]:
        yield Fault("balance", True, f"there are no {missing[0]} pictures; add some", len(dataset))
        return
    rare = min(CLASSES, key=lambda label: total[label])
    examples = _examples(item for item in dataset if item.label == rare)
    if total[rare] < MIN_PER_CLASS:
        pictures = "picture" if total[rare] == 1 else "pictures"
        message = f"only {total[rare]} {rare} {pictures}; shortcuts are measured from {MIN_PER_CLASS} per class on"
        yield Fault("few", False, message, total[rare], examples)
    if total[rare] / len(dataset) < _MIN_CLASS_SHARE:
        message = f"only {total[rare] / len(dataset):.0%} of the pictures are {rare}; balance the classes in training"
        yield Fault("balance", False, message, total[rare], examples)
    imbalanced = [source for source in dataset.sources if _minority_share(dataset, source) < _MIN_CLASS_SHARE]
    if len(dataset.sources) > 1 and imbalanced:
        message = (
            f"in {_listed(imbalanced)} one class has under {_MIN_CLASS_SHARE:.0%} of the pictures; "
            "a network can learn the source instead of the class"
        )
        examples = _examples(item for item in dataset if item.source in imbalanced)
        yield Fault("balance", False, message, len(imbalanced), examples)


def _minority_share(dataset: Dataset, source: str) -> float:
    """Share of the rarer class in a source."""
    share = float(dataset.where(source=source).labels.mean())
    return min(share, 1 - share)


def duplicate_faults(dataset: Dataset, pairs: NDArray[np.int64], same: NDArray[np.bool_]) -> Iterator[Fault]:
    """`duplicate`: repeated images; `label`: identical files with both labels.

    Args:
        dataset: the images.
        pairs: `[M, 2]`, indices of exact or near duplicates.
        same: `[M]`, whether the files of a pair are identical.
    """
    labels = dataset.labels
    agree = labels[pairs[:, 0]] == labels[pairs[:, 1]]
    if len(conflicts := pairs[same & ~agree]):
        message = f"{_pairs(len(conflicts))} of identical files are labeled both real and fake; remove or relabel them"
        yield Fault("label", True, message, len(conflicts), _paired(dataset, conflicts))
    if len(duplicates := pairs[agree]):
        exact = int((same & agree).sum())
        message = (
            f"{_pairs(len(duplicates))} of duplicate pictures: {exact} identical, "
            f"{len(duplicates) - exact} nearly identical; remove them, since they count more than once"
        )
        ordered = np.concatenate([pairs[agree & same], pairs[agree & ~same]])
        yield Fault("duplicate", False, message, len(duplicates), _paired(dataset, ordered))


def leak_faults(dataset: Dataset, pairs: NDArray[np.int64], same: NDArray[np.bool_]) -> Iterator[Fault]:
    """`leak`: identical or nearly identical images, or images of one group, in two splits.

    Images without a split are ignored. The arguments are those of `duplicate_faults`.
    """
    split_of = np.array([item.split or "" for item in dataset])
    crossing = (split_of[pairs[:, 0]] != split_of[pairs[:, 1]]) & (split_of[pairs] != "").all(axis=1)
    exact, near = pairs[crossing & same], pairs[crossing & ~same]
    shared = _shared_groups(dataset)
    if not (len(exact) or len(near) or shared):
        return
    smallest = min(Counter(split_of[split_of != ""].tolist()).values())
    counts = {"identical": len(exact), "nearly identical": len(near)}
    parts = [f"{_pairs(count)} of {kind} pictures" for kind, count in counts.items() if count]
    parts += [f"{len(shared)} group{'s' * (len(shared) > 1)}, such as {next(iter(shared))!r},"] if shared else []
    message = f"{' and '.join(parts)} are in two splits, so test results are too good; split again by group"
    is_error = bool(len(exact) or shared) or len(near) > _MAX_NEAR_LEAK_SHARE * smallest
    examples = _paired(dataset, np.concatenate([exact, near])) or _examples(next(iter(shared.values())))
    yield Fault("leak", is_error, message, len(exact) + len(near) + len(shared), examples)


def learned_faults(dataset: Dataset, overlap: TrainingOverlap) -> Iterator[Fault]:
    """`learned`: images that a model was trained on."""
    if overlap.names:
        examples = _examples(item for item in dataset if item.name in overlap.names)
        yield Fault("learned", False, overlap.message, overlap.images, examples)


def _shared_groups(dataset: Dataset) -> dict[str, list[LabeledImage]]:
    """Groups that are in several splits, with one image from each split."""
    splits: dict[str, dict[str | None, LabeledImage]] = defaultdict(dict)
    for item in dataset:
        if item.group is not None and item.split is not None:
            splits[item.group].setdefault(item.split, item)
    return {group: list(each.values()) for group, each in splits.items() if len(each) > 1}


def _examples(items: Iterable[LabeledImage]) -> tuple[LabeledImage, ...]:
    return tuple(items)[:MAX_EXAMPLES]


def _paired(dataset: Dataset, pairs: NDArray[np.int64]) -> tuple[LabeledImage, ...]:
    return tuple(dataset.items[index] for index in pairs[: MAX_EXAMPLES // 2].ravel().tolist())


def _files(count: int) -> str:
    return f"{count} file{'' if count == 1 else 's'}"


def _pairs(count: int) -> str:
    return f"{count} pair{'' if count == 1 else 's'}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
