"""Audit of a dataset before training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.datasets.checks import (
    Fault,
    balance_faults,
    duplicate_faults,
    leak_faults,
    learned_faults,
    unreadable_faults,
)
from unmask.datasets.dataset import Dataset
from unmask.datasets.file_properties import FileProperties, read_file_properties
from unmask.datasets.framing import Framing, framing_sample, measure_framings
from unmask.datasets.near_duplicates import close_pairs, merge_groups
from unmask.datasets.shortcut_faults import shortcut_faults
from unmask.datasets.shortcuts import Shortcut, measure_shortcuts
from unmask.datasets.training_hashes import TrainingHashes, TrainingOverlap
from unmask.verdict import Failure


@dataclass(frozen=True, slots=True)
class Audit:
    """The result of an audit.

    Attributes:
        dataset: the audited images.
        faults: all faults; errors come first.
        shortcuts: every measured shortcut, faulty or not.
        overlap: images that a model was trained on; None if no model was given, or its training images are not known.
    """

    dataset: Dataset
    faults: tuple[Fault, ...]
    shortcuts: tuple[Shortcut, ...]
    overlap: TrainingOverlap | None = None

    @property
    def failed(self) -> bool:
        """Whether the audit failed: at least one fault must be fixed before training."""
        return any(fault.is_error for fault in self.faults)

    def to_dict(self) -> dict[str, Any]:
        """The wire form."""
        return {
            "dataset": self.dataset.name,
            "sha256": self.dataset.sha256,
            "pictures": len(self.dataset),
            "counts": self.dataset.counts(),
            "refused": self.failed,
            "faults": [fault.to_dict() for fault in self.faults],
            "shortcuts": [shortcut.to_dict() for shortcut in self.shortcuts],
            **({"training_overlap": self.overlap.to_dict()} if self.overlap else {}),
        }

    def to_html(self) -> str:
        """The audit as one HTML document that loads nothing."""
        from unmask.datasets.audit_page import audit_page

        return audit_page(self)


def audit(
    dataset: Dataset,
    properties: Sequence[FileProperties | Failure] | None = None,
    framings: Mapping[str, Framing] | None = None,
    known: TrainingHashes | None = None,
) -> Audit:
    """Checks a dataset for unreadable files, duplicates, leaks between splits, imbalance and shortcuts.

    Args:
        dataset: the images.
        properties: result of `read_file_properties(dataset)`; None computes it.
        framings: result of `measure_framings(framing_sample(dataset))`; None computes it.
        known: hashes of the training images of a model; images among them are the fault `learned`.

    Returns:
        All faults, with stable names: `unreadable`, `few`, `balance`, `label`, `duplicate`, `leak`, `learned`, and the
        shortcuts `format`, `size`, `quality`, `mode`, `metadata`, `colour`, `framing`.
    """
    properties = list(read_file_properties(dataset)) if properties is None else properties
    framings = dict(measure_framings(framing_sample(dataset))) if framings is None else framings
    faults = list(unreadable_faults(dataset, properties)) + list(balance_faults(dataset))
    readable = dataset.take([i for i, each in enumerate(properties) if isinstance(each, FileProperties)])
    complete = [
        replace(each, framing=framings.get(item.name))
        for item, each in zip(dataset, properties, strict=True)
        if isinstance(each, FileProperties)
    ]
    shortcuts: list[Shortcut] = []
    if complete:
        pairs = close_pairs(np.stack([each.hash for each in complete]))
        faults += _pair_faults(readable, complete, pairs)
        shortcuts = measure_shortcuts(readable, complete, merge_groups(readable.groups, pairs))
        faults += shortcut_faults(readable, complete, shortcuts)
    overlap = None
    if known:
        hashes = {item.name: each.hash for item, each in zip(readable, complete, strict=True)}
        overlap = known.overlap(readable, hashes)
        faults += learned_faults(readable, overlap)
    return Audit(dataset, tuple(sorted(faults, key=lambda fault: not fault.is_error)), tuple(shortcuts), overlap)


def _pair_faults(dataset: Dataset, properties: Sequence[FileProperties], pairs: NDArray[np.int64]) -> Iterator[Fault]:
    """Faults of duplicate images."""
    same = np.array([properties[left].sha256 == properties[right].sha256 for left, right in pairs.tolist()], bool)
    yield from duplicate_faults(dataset, pairs, same)
    yield from leak_faults(dataset, pairs, same)
