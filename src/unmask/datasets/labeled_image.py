"""One labeled image of a dataset."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ClassName = Literal["real", "fake"]

SPLITS: tuple[str, ...] = ("train", "valid", "test")


@dataclass(frozen=True, slots=True)
class LabeledImage:
    """One labeled image.

    Attributes:
        path: path of the file.
        label: `real` or `fake`.
        split: `train`, `valid`, `test`, or None if the dataset is not split.
        source: collection the image comes from; classes are balanced and results are reported by source.
        generator: method that made a fake; None if unknown.
        group: identity, video or original photograph; a group is never divided between splits.
        weight: relative sampling weight in training.
        name: path relative to the dataset, `/`-separated. Reports and digests use it, so they do not depend on
            where the dataset is stored.
    """

    path: Path
    label: ClassName
    split: str | None
    source: str
    generator: str | None = None
    group: str | None = None
    weight: float = 1.0
    name: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", self.path.as_posix())
