"""Framing: how large the face is in the picture and where, by the face finder users run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from unmask.datasets.dataset import Dataset
from unmask.datasets.item import Item
from unmask.datasets.parallel import in_order
from unmask.datasets.splitting import sampled
from unmask.errors import UnmaskError
from unmask.faces import FaceFinder
from unmask.images import open_image

AT_MOST = 600
"""Pictures of a source in which the face is looked for; more would not move the figure."""


@dataclass(frozen=True, slots=True)
class Framing:
    """The largest face relative to the upright picture; all zero where none is found.

    Attributes:
        width, height: of the face's box as a share of the picture's.
        across, down: of the box's middle, 0 at the left and at the top, 1 at the right and at the bottom.
    """

    width: float = 0.0
    height: float = 0.0
    across: float = 0.0
    down: float = 0.0


def framing_sample(dataset: Dataset) -> tuple[Item, ...]:
    """The pictures in which the face is looked for: all, or 600 of a source, with its classes in proportion."""
    parts = (sampled(dataset.where(source=source), AT_MOST) for source in dataset.sources)
    return tuple(item for part in parts for item in part)


def read_framings(items: Iterable[Item], finder: FaceFinder | None = None) -> Iterator[tuple[str, Framing]]:
    """Finds the largest face of each picture, on all cores; pictures that cannot be read are left out.

    Args:
        items: the pictures.
        finder: None loads the shipped one.

    Returns:
        The name of each picture and how its face is framed.
    """
    finder = finder or FaceFinder.load(threads=1)

    def find(item: Item) -> tuple[str, Framing] | None:
        try:
            picture = open_image(item.path, name=item.name)
            box = finder.largest(picture)
        except UnmaskError:
            return None
        if box is None:
            return item.name, Framing()
        x, y, w, h = box
        width, height = picture.width, picture.height
        return item.name, Framing(w / width, h / height, (x + w / 2) / width, (y + h / 2) / height)

    return (found for found in in_order(find, items) if found)
