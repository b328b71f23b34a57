"""Shortcuts: whatever tells real from fake without a look at the face.

For each property of the files alone, a small classifier is trained and tested by cross-validation. What it
reaches, a network reaches as well, and takes for a deepfake detector's success.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.datasets.boosting import Stumps
from unmask.datasets.dataset import Dataset
from unmask.datasets.facts import Facts
from unmask.datasets.ranking import Interval, auc_interval, placements
from unmask.datasets.splitting import deal

FEWEST = 20
"""Pictures per class below which a shortcut cannot be measured."""
_FOLDS, _CATEGORIES = 5, 16
_ENOUGH = 1000
"""Pictures from which on one round of cross-validation is steady; with fewer, three are averaged."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shortcut:
    """How well one property of the files tells real from fake.

    Attributes:
        name: `format`, `size`, `quality`, `mode`, `metadata`, `colour` or `framing`.
        source: the source it was measured in; None for all of them together.
        auc: cross-validated area under the ROC curve, with its 95 % interval; 0.5 is none.
    """

    name: str
    source: str | None
    auc: Interval

    def to_dict(self) -> dict[str, Any]:
        """The wire form."""
        return {"name": self.name, "source": self.source, "auc": self.auc.to_list()}


def measure(dataset: Dataset, facts: Sequence[Facts], groups: NDArray[np.int64]) -> list[Shortcut]:
    """Measures every shortcut, in all pictures together and in each source.

    Args:
        dataset: the pictures.
        facts: what their files say, in the same order.
        groups: `[N]`; pictures of one group are never on both sides of a test.

    Returns:
        One figure per property and scope; none where a class has fewer than 20 pictures.
    """
    scopes: list[str | None] = [None, *(dataset.sources if len(dataset.sources) > 1 else ())]
    found = []
    for name, columns in _COLUMNS.items():
        usable = _USABLE.get(name, _always)
        for source in scopes:
            chosen = [
                index
                for index, (item, fact) in enumerate(zip(dataset, facts, strict=True))
                if (source is None or item.source == source) and usable(fact)
            ]
            part = dataset.take(chosen)
            if np.bincount(part.labels, minlength=2).min() >= FEWEST:
                table = columns([facts[index] for index in chosen])
                found.append(Shortcut(name, source, separability(part, table, groups[chosen])))
    return found


def separability(dataset: Dataset, table: Floats, groups: NDArray[np.int64]) -> Interval:
    """Cross-validated ROC-AUC of a small classifier on a table.

    Args:
        dataset: the pictures, at least 20 of each class.
        table: `[N, F]`, one row per picture.
        groups: `[N]`; folds keep them whole.
    """
    labels = dataset.labels
    placed, times = np.zeros(len(labels)), np.zeros(len(labels))
    for seed in range(1 if len(labels) >= _ENOUGH else 3):
        folds = deal(dataset, groups, [1.0] * _FOLDS, seed)
        for fold in range(_FOLDS):
            test = folds == fold
            if {0, 1} <= set(labels[test].tolist()) and {0, 1} <= set(labels[~test].tolist()):
                scores = Stumps.fit(table[~test], labels[~test]).score(table[test])
                placed[test] += placements(labels[test], scores)
                times[test] += 1
    tested = times > 0
    if len(set(labels[tested].tolist())) < 2:
        return Interval(0.5, 0.0, 1.0)
    return auc_interval(labels[tested], placed[tested] / times[tested], groups[tested])


def _one_hot(values: Sequence[object]) -> Floats:
    """The most frequent values as columns of 0 and 1, `[N, ≤ 16]`."""
    frequent = [value for value, _ in Counter(values).most_common(_CATEGORIES)]
    return np.array([[value == known for known in frequent] for value in values], float)


def _format(facts: Sequence[Facts]) -> Floats:
    return _one_hot([fact.format for fact in facts])


def _size(facts: Sequence[Facts]) -> Floats:
    sides = np.array([(fact.width, fact.height) for fact in facts], float)
    derived = np.stack([sides.prod(axis=1), sides[:, 0] / sides[:, 1]], axis=1)
    return np.hstack([sides, derived, _one_hot([(fact.width, fact.height) for fact in facts])])


def _quality(facts: Sequence[Facts]) -> Floats:
    coarseness = np.array([[fact.coarseness] for fact in facts])
    return np.hstack([coarseness, _one_hot([fact.tables for fact in facts]), _one_hot([fact.layout for fact in facts])])


def _mode(facts: Sequence[Facts]) -> Floats:
    return _one_hot([fact.mode for fact in facts])


def _metadata(facts: Sequence[Facts]) -> Floats:
    kinds = sorted(set().union(*(fact.metadata for fact in facts)))
    flags = [[kind in fact.metadata for kind in kinds] for fact in facts]
    return np.hstack([np.array([[fact.tags] for fact in facts], float), np.array(flags, float)])


def _colour(facts: Sequence[Facts]) -> Floats:
    red, green, blue = np.array([fact.colour for fact in facts]).T
    return np.stack([red, green, blue, red + green + blue, red - green, blue - green], axis=1)


def _framing(facts: Sequence[Facts]) -> Floats:
    found = [fact.framing for fact in facts if fact.framing]
    width, height, across, down = np.array([(each.width, each.height, each.across, each.down) for each in found]).T
    return np.stack([width, height, width * height, across, down], axis=1)


_COLUMNS: dict[str, Callable[[Sequence[Facts]], Floats]] = {
    "format": _format,
    "size": _size,
    "quality": _quality,
    "mode": _mode,
    "metadata": _metadata,
    "colour": _colour,
    "framing": _framing,
}


def _always(_: Facts) -> bool:
    return True


_USABLE: dict[str, Callable[[Facts], bool]] = {
    "quality": lambda fact: bool(fact.tables),
    "framing": lambda fact: fact.framing is not None,
}
"""Files a property has a meaning for, where that is not all of them."""
