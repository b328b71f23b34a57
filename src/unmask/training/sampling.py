"""Which picture is shown when: seeded, balanced, and the same whether or not a run was interrupted.

An epoch is a list of draws fixed by (seed, epoch) alone; what happens to a picture is fixed by (seed, serial)
alone. So a run can go on at any step, with any number of loader processes or devices, and sees the same pixels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from unmask.datasets import Item
from unmask.errors import TrainingError
from unmask.training.recipe import Data, Recipe

ORDER, PICTURE, MIXING, MAKING, TWIN = range(5)
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
        serial: seeds what happens to the picture; a self-made fake has the same as the real picture it is made from,
            so that both are cropped and degraded alike and only the manipulation tells them apart.
        self_made: turn this real picture into a fake.
        paired: a self-made fake, or the real picture it is made from, which follows it.
        twin: the second view of the draw before it: the same picture, cropped and degraded by other chance.
    """

    index: int
    serial: int
    self_made: bool = False
    paired: bool = False
    twin: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """Pictures that share room in an epoch.

    Attributes:
        source, label: what they have in common; the source is "" where sources are not told apart.
        indices: of its items.
        room: its share of an epoch, relative to the other cells'.
    """

    source: str
    label: str
    indices: NDArray[np.int64]
    room: float


@dataclass(frozen=True, slots=True)
class Plan:
    """The draws of every epoch.

    Attributes:
        items: the training pictures.
        data: sizes and balance.
        self_made: share of the fakes that are made from real pictures, each shown beside its original.
        batch_size: draws in one step; an epoch is cut to whole steps.
        seed: of the order.
        twins: show every picture twice in a row, as half as many draws.
    """

    items: Sequence[Item]
    data: Data
    self_made: float
    batch_size: int
    seed: int
    twins: bool = False

    @classmethod
    def following(cls, recipe: Recipe, items: Sequence[Item]) -> Plan:
        """The draws of a recipe from these training pictures."""
        twins = recipe.loss.consistency > 0
        return cls(items, recipe.data, recipe.fakes.share, recipe.fit.batch_size, recipe.seed, twins)

    @property
    def steps(self) -> int:
        """Steps in one epoch, at least one."""
        return max(1, (self.data.per_epoch or len(self.items)) // self.batch_size)

    @property
    def views(self) -> int:
        """How often a picture is shown in a row."""
        return 2 if self.twins else 1

    def epoch(self, number: int) -> list[Draw]:
        """The draws of one epoch, in order."""
        rng = generator(self.seed, ORDER, number)
        wanted = self.steps * self.batch_size // self.views
        cells = cells_of(self.items, self.data)
        rooms = dict(zip(cells, apportion(np.array([cell.room for cell in cells]), wanted).tolist(), strict=True))
        made = self._made(rooms)
        singles = [
            (int(index), False) for cell, room in rooms.items() for index in self._pick(cell, room - made[cell], rng)
        ]
        pairs = [
            (int(index), True) for cell in cells if cell.label == "real" for index in self._pick(cell, made[cell], rng)
        ]
        chosen = singles + pairs
        draws: list[Draw] = []
        for serial, place in enumerate(rng.permutation(len(chosen)), number * wanted):
            index, paired = chosen[place]
            draws += [Draw(index, serial, forged, paired) for forged in ((True, False) if paired else (False,))]
        return [view for draw in draws for view in (draw, replace(draw, twin=True))[: self.views]]

    def batches(self, number: int, first: int = 0, rank: int = 0, world: int = 1) -> Iterator[list[Draw]]:
        """The draws of one epoch in steps, from step `first` on; with several devices, those of one of them."""
        draws = self.epoch(number)
        for start in range(first * self.batch_size, len(draws), self.batch_size):
            step = draws[start : start + self.batch_size]
            yield [draw for place, draw in enumerate(step) if place // self.views % world == rank]

    def _made(self, rooms: dict[Cell, int]) -> dict[Cell, int]:
        """How many fakes are made from each cell of real pictures, and how many each cell of fakes gives up for them.

        Every source gives as large a part of its real pictures, whether it has fakes or not.
        """
        of = {label: [cell for cell in rooms if cell.label == label] for label in ("real", "fake")}
        total = {label: sum(rooms[cell] for cell in cells) for label, cells in of.items()}
        count = min(round(total["fake"] * self.self_made), total["real"])
        return {
            cell: int(part)
            for cells in of.values()
            for cell, part in zip(cells, apportion(np.array([rooms[cell] for cell in cells]), count), strict=True)
        }

    def _pick(self, cell: Cell, count: int, rng: Generator) -> NDArray[np.int64]:
        weights = np.array([self.items[index].weight for index in cell.indices])
        return pick(cell.indices, weights, count, rng)


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
    return [Cell(*key, np.array(members[key], np.int64), rooms[key]) for key in sorted(members)]


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
    if not total:
        return np.zeros(len(rooms), np.int64)
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
