"""Audit check of shortcuts: a warning or an error for each file property that separates the classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from unmask.card import CLASSES
from unmask.datasets.checks import MAX_EXAMPLES, Fault
from unmask.datasets.dataset import Dataset
from unmask.datasets.file_properties import FileProperties
from unmask.datasets.labeled_image import LabeledImage
from unmask.datasets.shortcuts import Shortcut

WARNING_ABOVE, ERROR_ABOVE = 0.6, 0.75
"""Lower 95 % limits of a shortcut's AUC."""
_MIN_SOURCE_SHARE = 0.2
"""A source with a smaller share of the images gives a warning, not an error."""
_ONLY_WARNS = frozenset({"framing"})
"""Shortcuts that only give warnings: a network gets the square around the face, which removes most of the framing."""


def shortcut_faults(
    dataset: Dataset, properties: Sequence[FileProperties], shortcuts: Sequence[Shortcut]
) -> Iterator[Fault]:
    """`format`, `size`, `quality`, `mode`, `metadata`, `colour`, `framing`: properties that separate the classes.

    Args:
        dataset: the images.
        properties: their file properties, in the same order.
        shortcuts: measured shortcuts; the worst one of each name makes the fault.
    """

    def images_of(shortcut: Shortcut) -> Dataset:
        return dataset if shortcut.source is None else dataset.where(source=shortcut.source)

    def is_error(shortcut: Shortcut) -> bool:
        if shortcut.auc.low <= ERROR_ABOVE or shortcut.name in _ONLY_WARNS:
            return False
        return len(images_of(shortcut)) > _MIN_SOURCE_SHARE * len(dataset)

    for name in dict.fromkeys(shortcut.name for shortcut in shortcuts):
        worst = max((each for each in shortcuts if each.name == name), key=lambda each: (is_error(each), each.auc.low))
        if worst.auc.low > WARNING_ABOVE:
            where = f" in {worst.source}" if worst.source else ""
            message = (
                f"real and fake can be separated by {_TITLES[name]} alone{where}, with AUC {worst.auc.value:.2f} "
                f"(95 % from {worst.auc.low:.2f}); {_typical(dataset, properties, worst)}{_ADVICE.get(name, _EQUALIZE)}"
            )
            images = images_of(worst)
            yield Fault(name, is_error(worst), message, len(images), _both_classes(images), worst)


_TITLES = {
    "format": "the file format",
    "size": "the picture size",
    "quality": "the JPEG encoding",
    "mode": "the color mode",
    "metadata": "metadata",
    "colour": "the mean color",
    "framing": "the size and position of the face",
}
_EQUALIZE = "give both classes the same distribution"
_ADVICE = {
    "framing": "unmask crops the square around the face, which removes most of it; a network given whole pictures "
    "would learn it"
}


def _typical(dataset: Dataset, properties: Sequence[FileProperties], shortcut: Shortcut) -> str:
    """The most frequent value of the property in each class, in words."""
    if shortcut.name == "colour":
        return ""
    parts = []
    for label in CLASSES:
        own = [
            each
            for item, each in zip(dataset, properties, strict=True)
            if item.label == label and shortcut.source in (None, item.source)
        ]
        value = _usual_face_area(own) if shortcut.name == "framing" else _usual_value(own, shortcut.name)
        parts.append(f"{label} mostly {value}")
    return f"{', '.join(parts)}; "


def _usual_value(properties: Sequence[FileProperties], name: str) -> str:
    """The most frequent value of a property, with its share."""
    value, count = Counter(_value(each, name) for each in properties).most_common(1)[0]
    return f"{value} ({count / len(properties):.0%})"


def _usual_face_area(properties: Sequence[FileProperties]) -> str:
    """The interquartile range of the faces' share of the image area."""
    shares = [each.framing.width * each.framing.height for each in properties if each.framing]
    low, high = np.quantile(shares, (0.25, 0.75))
    return f"{low:.0%} to {high:.0%} of the picture" if round(high, 2) > round(low, 2) else f"{low:.0%} of the picture"


def _value(properties: FileProperties, name: str) -> str:
    """A property of one file in words."""
    tables = properties.quantization_tables
    values = {
        "format": properties.format,
        "size": f"{properties.width}×{properties.height}",
        "quality": f"tables {tables[:6]} {properties.jpeg_layout}".strip() if tables else "no JPEG",
        "mode": properties.mode,
        "metadata": "+".join(sorted(properties.metadata)) or "none",
    }
    return values[name]


def _both_classes(dataset: Dataset) -> tuple[LabeledImage, ...]:
    """Examples of both classes, real ones first."""
    return tuple(item for label in CLASSES for item in dataset.where(label=label).items[: MAX_EXAMPLES // 2])
