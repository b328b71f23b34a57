"""Charts of a run as PNG: its history, and a grid of calibration images with true and predicted labels."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from unmask.card import ModelCard
from unmask.errors import MissingExtra
from unmask.training.engine.state import Record

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 6
"""Columns of the image grid."""


def new_figure(width: float, height: float) -> Figure:
    """An empty figure without a display; sizes in inches.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("drawing curves", "train") from error
    return Figure(figsize=(width, height), layout="constrained")


def draw_curves(history: Sequence[Record], path: Path) -> None:
    """Loss, accuracy, AUC by source and tier, and learning rate over the epochs, as PNG."""
    figure = new_figure(16, 4)
    losses, accuracies, aucs, rates = figure.subplots(1, 4)
    _lines(losses, history, {"loss": "training", "held_out_loss": "calibration split"}, "cross-entropy")
    _lines(accuracies, history, {"train_accuracy": "training", "accuracy": "calibration split"}, "accuracy")
    names = {name: name.removeprefix("auc/").replace("/", ", ") for name in history[0] if name.startswith("auc/")}
    _lines(aucs, history, {"auc": "mean", **names}, "AUC on the calibration split")
    _lines(rates, history, {"learning_rate": "learning rate"}, "learning rate")
    figure.savefig(path, dpi=110)


def _lines(axes: Axes, history: Sequence[Record], names: dict[str, str], title: str) -> None:
    from matplotlib.ticker import MaxNLocator

    epochs = [record["epoch"] for record in history]
    for index, (name, shown) in enumerate(names.items()):
        values = [record.get(name, nan) for record in history]
        axes.plot(epochs, values, marker="." if len(epochs) < 40 else "", label=shown, lw=2 if not index else 1)
    axes.set_title(title)
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    if len(names) > 1:
        axes.legend(fontsize=7)


def draw_grid(
    pixels: NDArray[np.uint8],
    is_fake: NDArray[np.bool_],
    logits: NDArray[Any],
    card: ModelCard,
    path: Path,
) -> None:
    """Draw images `[N, size, size, 3]` with true and predicted label as PNG; wrong verdicts have a red frame.

    Args:
        pixels: uint8.
        is_fake: true labels, `[N]`.
        logits: logits of the model file, `[N]`.
        card: card of the model.
        path: path of the PNG.
    """
    rows = -(-len(pixels) // COLUMNS)
    figure = new_figure(2.1 * COLUMNS, 2.4 * rows)
    grid = np.atleast_1d(figure.subplots(rows, COLUMNS)).ravel()
    for axes in grid:
        axes.set_axis_off()
    for axes, image, fake, logit in zip(grid, pixels, is_fake, logits, strict=False):
        probability = card.calibration.probability(float(logit))
        predicted, true = str(card.decision.thresholds.label(probability)), "fake" if fake else "real"
        axes.imshow(image)
        wrong = predicted not in (true, "unsure")
        axes.set_title(
            f"is {true}, judged {predicted}\n{probability:.0%} fake", fontsize=8, color="red" if wrong else "black"
        )
        if wrong:
            axes.set_axis_on()
            axes.set(xticks=[], yticks=[])
            for spine in axes.spines.values():
                spine.set(color="red", linewidth=4)
    figure.savefig(path, dpi=100)
