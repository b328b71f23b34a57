"""One labelled picture of a data set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ClassName = Literal["real", "fake"]

SPLITS: tuple[str, ...] = ("train", "valid", "test")


@dataclass(frozen=True, slots=True)
class Item:
    """One labelled picture.

    Attributes:
        path: where the file lies.
        label: `real` or `fake`.
        split: `train`, `valid`, `test`, or None where nobody has split the set yet.
        source: the collection it came from; classes are balanced and results are reported by source.
        generator: what made a fake, where known.
        group: identity, video or photograph; pictures of one group never stand in two splits.
        weight: how often training draws it, relative to the others.
        name: its path inside the data set, `/`-separated: what people and digests see, the same on every machine.
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
