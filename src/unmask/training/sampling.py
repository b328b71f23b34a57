"""Which picture is shown when: seeded, balanced, and the same whether or not a run was interrupted.

An epoch is a list of draws fixed by (seed, epoch) alone; what happens to a picture is fixed by (seed, serial)
alone. So a run can go on at any step, with any number of loader processes or devices, and sees the same pixels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from unmask.datasets import Item
from unmask.errors import TrainingError
from unmask.training.recipe import Data

ORDER, PICTURE, MIXING = range(3)
"""Streams of random numbers that never touch."""


Members = dict[tuple[str, str], list[int]]
"""Source and class to the places of their items."""


def generator(seed: int, stream: int, number: int) -> Generator:
    """The random numbers of one epoch, picture or step."""
    return np.random.default_rng((seed, stream, number))


@dataclass(frozen=True, slots=True)
class Draw:
    """One picture of an epoch.

    Attributes:
        index: of the item.
        self_made: turn this real picture into a fake.
        serial: number of the draw since the run began; seeds what happens to the picture.
    """

    index: int
    self_made: bool
    serial: int


@dataclass(frozen=True, slots=True)
class Cell:
    """Pictures that share room in an epoch.

    Attributes:
        indices: of its items.
        room: its share of an epoch, relative to the other cells'.
        peers: the real items of the same source where this cell is fake; what self-made fakes are made from.
    """

    indices: NDArray[np.int64]
    room: float
    peers: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Plan:
    """The draws of every epoch.

    Attributes:
        items: the training pictures.
        data: sizes and balance.
        self_made: share of the fakes that are made from real pictures.
        batch_size: draws in one step; an epoch is cut to whole steps.
        seed: of the order.
    """

    items: Sequence[Item]
    data: Data
    self_made: float
    batch_size: int
    seed: int

    @property
    def steps(self) -> int:
        """Steps in one epoch, at least one."""
        return max(1, (self.data.per_epoch or len(self.items)) // self.batch_size)

    def epoch(self, number: int) -> list[Draw]:
        """The draws of one epoch, in order."""
        rng = generator(self.seed, ORDER, number)
        wanted = self.steps * self.batch_size
        cells = cells_of(self.items, self.data)
        counts = apportion(np.array([cell.room for cell in cells]), wanted)
        chosen = [draw for cell, count in zip(cells, counts, strict=True) for draw in self._from(cell, int(count), rng)]
        order = rng.permutation(len(chosen))
        first, turns = number * wanted, enumerate(chosen[place] for place in order)
        return [Draw(index, made, first + turn) for turn, (index, made) in turns]

    def batches(self, number: int, first: int = 0, rank: int = 0, world: int = 1) -> Iterator[list[Draw]]:
        """The draws of one epoch in steps, from step `first` on; with several devices, those of one of them."""
        draws = self.epoch(number)
        for start in range(first * self.batch_size, len(draws), self.batch_size):
            yield draws[start : start + self.batch_size][rank::world]

    def _from(self, cell: Cell, count: int, rng: Generator) -> list[tuple[int, bool]]:
        """Draws from one cell; of a fake one, some are real pictures to be turned into fakes."""
        made = round(count * self.self_made) if len(cell.peers) else 0
        weights = np.array([item.weight for item in self.items])
        kept = [(int(index), False) for index in pick(cell.indices, weights[cell.indices], count - made, rng)]
        return kept + [(int(index), True) for index in pick(cell.peers, weights[cell.peers], made, rng)]


def cells_of(items: Sequence[Item], data: Data) -> list[Cell]:
    """The cells of a data set in a fixed order, each with its room.

    Raises:
        TrainingError: a class has no pictures.
    """
    members: Members = defaultdict(list)
    for index, item in enumerate(items):
        if item.weight > 0:
            members[item.source if data.balance == "source-and-class" else "", item.label].append(index)
    for label in ("real", "fake"):
        if not any(key[1] == label for key in members):
            raise TrainingError(f"no {label} pictures to train on")
    rooms = _rooms(items, members, data)
    arrays = {key: np.array(indices, np.int64) for key, indices in members.items()}
    nobody = np.empty(0, np.int64)
    return [
        Cell(arrays[key], rooms[key], arrays.get((key[0], "real"), nobody) if key[1] == "fake" else nobody)
        for key in sorted(members)
    ]


def _rooms(items: Sequence[Item], members: Members, data: Data) -> dict[tuple[str, str], float]:
    """Room of each cell: by source as `shares` say; over all, the classes get the same unless nothing is balanced."""
    if data.balance == "none":
        return {key: sum(items[index].weight for index in indices) for key, indices in members.items()}
    rooms = {key: data.shares.get(key[0], 1.0) for key in members}
    totals = {label: sum(room for key, room in rooms.items() if key[1] == label) for label in ("real", "fake")}
    if not all(totals.values()):
        raise TrainingError("data.shares leave a class without room")
    return {key: room / totals[key[1]] for key, room in rooms.items()}


def apportion(rooms: NDArray[np.float64], total: int) -> NDArray[np.int64]:
    """`total` as whole numbers in proportion to `rooms`, by largest remainders."""
    exact = rooms / rooms.sum() * total
    counts: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    missing = total - int(counts.sum())
    counts[np.argsort(counts - exact, kind="stable")[:missing]] += 1
    return counts


def pick(indices: NDArray[np.int64], weights: NDArray[np.float64], count: int, rng: Generator) -> NDArray[np.int64]:
    """`count` of the indices in proportion to their weights, each as evenly often as can be (systematic sampling).

    With equal weights no index comes twice before each has come once.
    """
    if not count:
        return np.empty(0, np.int64)
    order = rng.permutation(len(indices))
    edges = np.cumsum(weights[order])
    marks = (np.arange(count) + rng.random()) * (edges[-1] / count)
    places = np.minimum(np.searchsorted(edges, marks, side="right"), len(order) - 1)
    chosen: NDArray[np.int64] = indices[order[places]]
    return chosen
