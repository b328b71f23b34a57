"""What compression, scaling, blur and noise cost: a grid and two axes of degradations, on the same pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from unmask.datasets import Dataset
from unmask.datasets.ranking import Interval
from unmask.evaluation.bootstrap import with_intervals
from unmask.evaluation.degrading import Degradation
from unmask.evaluation.judging import Judge, Manner, Watch, judge, unwatched

QUALITIES: tuple[int | None, ...] = (None, 90, 75, 60, 45, 30)
SCALES = (1.0, 0.75, 0.5, 0.25)
BLURS = (0.5, 1.0, 2.0, 3.0)
NOISES = (3.0, 6.0, 12.0, 24.0)

GRID = tuple(Degradation(scale=scale, jpeg=quality) for scale in SCALES for quality in QUALITIES)
AXES = tuple(Degradation(blur=blur) for blur in BLURS) + tuple(Degradation(noise=noise) for noise in NOISES)
_SHOWN = ("auc", "accuracy", "false_alarms", "misses")


@dataclass(frozen=True)
class Robustness:
    """What each degradation leaves.

    Attributes:
        pictures: how many were judged under each.
        cells: degradation to figure to interval.
    """

    pictures: int
    cells: Mapping[Degradation, Mapping[str, Interval]]

    def to_dict(self) -> dict[str, Any]:
        """The wire form."""
        return {"pictures": self.pictures, "cells": [_cell(how, found) for how, found in self.cells.items()]}


def _cell(how: Degradation, found: Mapping[str, Interval]) -> dict[str, Any]:
    figures = {name: found[name].to_list() for name in _SHOWN if not np.isnan(found[name].value)}
    return {"scale": how.scale, "jpeg": how.jpeg, "blur": how.blur, "noise": how.noise, **figures}


def probe(detector: Judge, dataset: Dataset, manner: Manner, *, watch: Watch = unwatched) -> Robustness:
    """Judges the same pictures under every degradation of the grid and the axes.

    Args:
        detector: what is evaluated.
        dataset: the pictures; each is judged 32 times.
        manner: how each is judged.
        watch: lets someone watch.
    """
    cells = {}
    for number, degradation in enumerate((*GRID, *AXES), 1):
        doing = f"degradation {number} of {len(GRID) + len(AXES)}"
        judgements = judge(detector, dataset, degradation, manner, doing=doing, watch=watch)
        found = with_intervals(judgements.sample, dataset.groups, rounds=400)
        cells[degradation] = {name: found[name] for name in _SHOWN}
    return Robustness(len(dataset), cells)
