"""Datasets of images that are never opened."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from unmask.datasets import Dataset, LabeledImage


def item(
    number: int, label: str = "real", source: str = "s", group: str | None = "", split: str | None = None
) -> LabeledImage:
    name = f"{source}/{number}.jpg"
    group = f"{source}{number}" if group == "" else group
    return LabeledImage(Path(name), label, split, source, group=group)  # type: ignore[arg-type]


def make(*items: LabeledImage, name: str = "made") -> Dataset:
    return Dataset(items, name)


def grouped() -> Dataset:
    """Two sources of different size, with groups of one to six pictures that mix the classes."""
    rng = np.random.default_rng(7)
    items = []
    for source, size in (("big", 600), ("small", 120)):
        for number in range(size):
            group = f"{source}-{int(rng.integers(size // 3))}"
            items.append(item(number, "fake" if rng.random() < 0.5 else "real", source, group))
    return make(*items)
