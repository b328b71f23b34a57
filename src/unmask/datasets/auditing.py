"""The audit: what is wrong with a data set, found before a network learns it."""

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
    shortcut_faults,
    unreadable_faults,
)
from unmask.datasets.dataset import Dataset
from unmask.datasets.facts import Facts, read_facts
from unmask.datasets.framing import Framing, framing_sample, read_framings
from unmask.datasets.shortcuts import Shortcut, measure
from unmask.datasets.similar import close_pairs, merged
from unmask.verdict import Failure


@dataclass(frozen=True, slots=True)
class Audit:
    """What the audit found.

    Attributes:
        dataset: the pictures as given.
        faults: refusals first.
        shortcuts: every one that was measured, faulty or not.
    """

    dataset: Dataset
    faults: tuple[Fault, ...]
    shortcuts: tuple[Shortcut, ...]

    @property
    def refused(self) -> bool:
        """Whether training on this set would mostly teach a fault."""
        return any(fault.refuses for fault in self.faults)

    def to_dict(self) -> dict[str, Any]:
        """The wire form."""
        return {
            "dataset": self.dataset.name,
            "sha256": self.dataset.sha256,
            "pictures": len(self.dataset),
            "counts": self.dataset.counts(),
            "refused": self.refused,
            "faults": [fault.to_dict() for fault in self.faults],
            "shortcuts": [shortcut.to_dict() for shortcut in self.shortcuts],
        }

    def to_html(self) -> str:
        """The audit as one HTML document that loads nothing."""
        from unmask.datasets.audit_page import audit_page

        return audit_page(self)


def audit(
    dataset: Dataset,
    facts: Sequence[Facts | Failure] | None = None,
    framings: Mapping[str, Framing] | None = None,
) -> Audit:
    """Looks for unreadable files, duplicates, leaks between splits, imbalance and shortcuts.

    Args:
        dataset: the pictures.
        facts: what `read_facts` says of them, where the caller has read them already (to show progress).
        framings: what `read_framings` says of `framing_sample(dataset)`, likewise.

    Returns:
        Every fault by its stable name: `unreadable`, `few`, `balance`, `label`, `duplicate`, `leak`, and the
        shortcuts `format`, `size`, `quality`, `mode`, `metadata`, `colour`, `framing`.
    """
    facts = list(read_facts(dataset)) if facts is None else facts
    framings = dict(read_framings(framing_sample(dataset))) if framings is None else framings
    faults = list(unreadable_faults(dataset, facts)) + list(balance_faults(dataset))
    good = [index for index, fact in enumerate(facts) if isinstance(fact, Facts)]
    readable = dataset.take(good)
    known = [
        replace(fact, framing=framings.get(item.name))
        for item, fact in zip(dataset, facts, strict=True)
        if isinstance(fact, Facts)
    ]
    shortcuts: list[Shortcut] = []
    if known:
        pairs = close_pairs(np.stack([fact.hash for fact in known]))
        faults += _doubles(readable, known, pairs)
        shortcuts = measure(readable, known, merged(readable.groups, pairs))
        faults += shortcut_faults(readable, known, shortcuts)
    return Audit(dataset, tuple(sorted(faults, key=lambda fault: not fault.refuses)), tuple(shortcuts))


def _doubles(dataset: Dataset, facts: Sequence[Facts], pairs: NDArray[np.int64]) -> Iterator[Fault]:
    """Faults of pictures that are there more than once."""
    same = np.array([facts[left].sha256 == facts[right].sha256 for left, right in pairs.tolist()], bool)
    yield from duplicate_faults(dataset, pairs, same)
    yield from leak_faults(dataset, pairs, same)
