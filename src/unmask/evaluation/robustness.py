"""Robustness: metrics under a grid of sizes and JPEG qualities, and under blur and noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from unmask.datasets import Dataset
from unmask.datasets.auc import Interval
from unmask.evaluation.bootstrap import metrics_with_intervals
from unmask.evaluation.degradations import Degradation
from unmask.evaluation.inference import Predictor, predict_dataset
from unmask.predict_options import PredictOptions
from unmask.progress import Progress, no_progress

QUALITIES: tuple[int | None, ...] = (None, 90, 75, 60, 45, 30)
SCALES = (1.0, 0.75, 0.5, 0.25)
BLURS = (0.5, 1.0, 2.0, 3.0)
NOISES = (3.0, 6.0, 12.0, 24.0)

GRID = tuple(Degradation(scale=scale, jpeg=quality) for scale in SCALES for quality in QUALITIES)
AXES = tuple(Degradation(blur=blur) for blur in BLURS) + tuple(Degradation(noise=noise) for noise in NOISES)
_REPORTED = ("auc", "accuracy", "false_alarms", "misses")


@dataclass(frozen=True)
class Robustness:
    """Metrics under each degradation.

    Attributes:
        pictures: number of images evaluated under each degradation.
        cells: for each degradation, the metrics with their intervals.
    """

    pictures: int
    cells: Mapping[Degradation, Mapping[str, Interval]]

    def to_dict(self) -> dict[str, Any]:
        """The wire form."""
        return {"pictures": self.pictures, "cells": [_cell(each, metrics) for each, metrics in self.cells.items()]}


def _cell(degradation: Degradation, metrics: Mapping[str, Interval]) -> dict[str, Any]:
    return {
        "scale": degradation.scale,
        "jpeg": degradation.jpeg,
        "blur": degradation.blur,
        "noise": degradation.noise,
        **{name: metrics[name].to_list() for name in _REPORTED if not np.isnan(metrics[name].value)},
    }


def measure_robustness(
    detector: Predictor, dataset: Dataset, options: PredictOptions, *, progress: Progress = no_progress
) -> Robustness:
    """Evaluates the same images under every degradation of the grid and the axes.

    Args:
        detector: the detector.
        dataset: the images; each is predicted 32 times.
        options: options of each prediction.
        progress: receives the number of finished images of each degradation.
    """
    cells = {}
    for number, degradation in enumerate((*GRID, *AXES), 1):
        task = f"degradation {number} of {len(GRID) + len(AXES)}"
        predictions = predict_dataset(detector, dataset, degradation, options, task=task, progress=progress)
        metrics = metrics_with_intervals(predictions.sample, dataset.groups, rounds=400)
        cells[degradation] = {name: metrics[name] for name in _REPORTED}
    return Robustness(len(dataset), cells)
