"""Charts of the training history for the evaluation page: loss and accuracy of training and calibration split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan

import numpy as np

from unmask.html.charts import Axis, Floats, Line, draw
from unmask.html.page import Markup, chart, charts, section

History = Sequence[Mapping[str, float]]
"""One mapping from column to figure for each epoch."""


def training_curves(history: History) -> Markup | None:
    """Section with the curves of loss and accuracy; None without history."""
    if not history:
        return None
    losses = {"training": _column(history, "loss"), "calibration split": _column(history, "held_out_loss")}
    accuracies = {"training": _column(history, "train_accuracy"), "calibration split": _column(history, "accuracy")}
    highest = max((float(value) for line in losses.values() for value in line if np.isfinite(value)), default=1.0)
    drawn = (
        _curves("Loss by epoch", losses, Axis("cross-entropy", 0.0, 1.1 * highest, percent=False)),
        _curves("Accuracy by epoch", accuracies, Axis("accuracy")),
    )
    note = (
        "Training figures are measured on augmented pictures while the weights change. A training curve that improves "
        "while the other gets worse is a sign of overfitting."
    )
    return section("Training", charts(*drawn), note=note)


def _column(history: History, name: str) -> Floats:
    return np.array([record.get(name, nan) for record in history])


def _curves(title: str, lines: Mapping[str, Floats], vertical: Axis) -> Markup:
    """A chart of one quantity over the epochs, one line for each split."""
    count = max(len(values) for values in lines.values())
    epochs = np.arange(1.0, count + 1.0)
    ticks = [float(value) for value in np.unique(np.linspace(1, count, min(count, 6)).round())]
    marks = [
        Line(epochs, values, name, tone, at=at, dots=count < 40)
        for (name, values), tone, at in zip(lines.items(), ("one", "two"), (0.35, 0.75), strict=True)
    ]
    last = ", ".join(f"{name} {values[-1]:.3f}" for name, values in lines.items() if np.isfinite(values[-1]))
    horizontal = Axis("epoch", 1.0, max(2.0, count), ticks, percent=False)
    return chart(draw(title, f"In the last epoch: {last}.", horizontal, vertical, marks), f"Last epoch: {last}.")
