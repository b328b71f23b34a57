"""Shortcuts: file properties that separate real from fake without the face (R. Geirhos et al., 2020).

For each property, a small classifier is trained and tested by cross-validation. A network trained on the same data
can reach at least the same AUC by learning the property instead of traces of manipulation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.datasets.auc import Interval, auc_interval, placements
from unmask.datasets.dataset import Dataset
from unmask.datasets.file_properties import FileProperties
from unmask.datasets.gradient_boosting import BoostedStumps
from unmask.datasets.splitting import assign_groups

MIN_PER_CLASS = 20
"""Smallest number of images per class with which a shortcut is measured."""
_FOLDS, _CATEGORIES = 5, 16
_ONE_ROUND_FROM = 1000
"""Number of images from which one round of cross-validation suffices; with fewer, three rounds are averaged."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shortcut:
    """How well one file property separates real from fake.

    Attributes:
        name: `format`, `size`, `quality`, `mode`, `metadata`, `colour` or `framing`.
        source: source in which it was measured; None for all sources together.
        auc: cross-validated ROC-AUC with its 95 % interval; 0.5 means no separation.
    """

    name: str
    source: str | None
    auc: Interval

    def to_dict(self) -> dict[str, Any]:
        """The wire form."""
        return {"name": self.name, "source": self.source, "auc": self.auc.to_list()}


def measure_shortcuts(
    dataset: Dataset, properties: Sequence[FileProperties], groups: NDArray[np.int64]
) -> list[Shortcut]:
    """Measures every shortcut in all images together and in each source.

    Args:
        dataset: the images.
        properties: their file properties, in the same order.
        groups: `[N]`; the images of one group stay in one fold.

    Returns:
        One result per property and source; none if a class has fewer than 20 images.
    """
    scopes: list[str | None] = [None, *(dataset.sources if len(dataset.sources) > 1 else ())]
    found = []
    for name, columns in _COLUMNS.items():
        usable = _USABLE.get(name, _always)
        for source in scopes:
            chosen = [
                index
                for index, (item, each) in enumerate(zip(dataset, properties, strict=True))
                if (source is None or item.source == source) and usable(each)
            ]
            part = dataset.take(chosen)
            if np.bincount(part.labels, minlength=2).min() >= MIN_PER_CLASS:
                table = columns([properties[index] for index in chosen])
                found.append(Shortcut(name, source, separability(part, table, groups[chosen])))
    return found


def separability(dataset: Dataset, table: Floats, groups: NDArray[np.int64]) -> Interval:
    """Cross-validated ROC-AUC of a small classifier on a table.

    Args:
        dataset: the images, at least 20 of each class.
        table: `[N, F]`, one row per image.
        groups: `[N]`; the images of one group stay in one fold.
    """
    labels = dataset.labels
    placement, times = np.zeros(len(labels)), np.zeros(len(labels))
    for seed in range(1 if len(labels) >= _ONE_ROUND_FROM else 3):
        folds = assign_groups(dataset, groups, [1.0] * _FOLDS, seed)
        for fold in range(_FOLDS):
            test = folds == fold
            if {0, 1} <= set(labels[test].tolist()) and {0, 1} <= set(labels[~test].tolist()):
                scores = BoostedStumps.fit(table[~test], labels[~test]).score(table[test])
                placement[test] += placements(labels[test], scores)
                times[test] += 1
    tested = times > 0
    if len(set(labels[tested].tolist())) < 2:
        return Interval(0.5, 0.0, 1.0)
    return auc_interval(labels[tested], placement[tested] / times[tested], groups[tested])


def _one_hot(values: Sequence[object]) -> Floats:
    """One-hot encoding of the 16 most frequent values, `[N, ≤ 16]`."""
    frequent = [value for value, _ in Counter(values).most_common(_CATEGORIES)]
    return np.array([[value == known for known in frequent] for value in values], float)


def _format(properties: Sequence[FileProperties]) -> Floats:
    return _one_hot([each.format for each in properties])


def _size(properties: Sequence[FileProperties]) -> Floats:
    sides = np.array([(each.width, each.height) for each in properties], float)
    derived = np.stack([sides.prod(axis=1), sides[:, 0] / sides[:, 1]], axis=1)
    return np.hstack([sides, derived, _one_hot([(each.width, each.height) for each in properties])])


def _quality(properties: Sequence[FileProperties]) -> Floats:
    quantization = np.array([[each.mean_quantization] for each in properties])
    tables = _one_hot([each.quantization_tables for each in properties])
    return np.hstack([quantization, tables, _one_hot([each.jpeg_layout for each in properties])])


def _mode(properties: Sequence[FileProperties]) -> Floats:
    return _one_hot([each.mode for each in properties])


def _metadata(properties: Sequence[FileProperties]) -> Floats:
    kinds = sorted(set().union(*(each.metadata for each in properties)))
    flags = [[kind in each.metadata for kind in kinds] for each in properties]
    return np.hstack([np.array([[each.exif_tags] for each in properties], float), np.array(flags, float)])


def _color(properties: Sequence[FileProperties]) -> Floats:
    red, green, blue = np.array([each.mean_color for each in properties]).T
    return np.stack([red, green, blue, red + green + blue, red - green, blue - green], axis=1)


def _framing(properties: Sequence[FileProperties]) -> Floats:
    found = [each.framing for each in properties if each.framing]
    width, height, x, y = np.array([(each.width, each.height, each.center_x, each.center_y) for each in found]).T
    return np.stack([width, height, width * height, x, y], axis=1)


_COLUMNS: dict[str, Callable[[Sequence[FileProperties]], Floats]] = {
    "format": _format,
    "size": _size,
    "quality": _quality,
    "mode": _mode,
    "metadata": _metadata,
    "colour": _color,
    "framing": _framing,
}


def _always(_: FileProperties) -> bool:
    return True


_USABLE: dict[str, Callable[[FileProperties], bool]] = {
    "quality": lambda each: bool(each.quantization_tables),
    "framing": lambda each: each.framing is not None,
}
"""Filter of the files for which a property is defined, where that is not all of them."""
