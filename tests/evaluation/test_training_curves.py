"""Charts of the training history."""

from __future__ import annotations

import re

from unmask.evaluation.training_curves import training_curves

HISTORY = [
    {"loss": 0.70, "held_out_loss": 0.72, "train_accuracy": 0.5, "accuracy": 0.45},
    {"loss": 0.40, "held_out_loss": 0.61, "train_accuracy": 0.8, "accuracy": 0.55},
    {"loss": 0.20, "held_out_loss": 0.95, "train_accuracy": 0.9, "accuracy": 0.65},
]


def test_there_is_no_section_without_history() -> None:
    assert training_curves(()) is None


def test_both_charts_show_training_and_calibration_split() -> None:
    section = str(training_curves(HISTORY))
    assert section.count("<svg") == 2
    assert "Loss by epoch" in section
    assert "In the last epoch: training 0.200, calibration split 0.950." in section
    assert "In the last epoch: training 0.900, calibration split 0.650." in section
    assert section.count("calibration split</text>") == 2
    assert "overfitting" in section


def test_the_vertical_axis_holds_the_highest_loss() -> None:
    chart = str(training_curves(HISTORY)).split("<svg")[1]
    heights = [float(y) for _, y in re.findall(r'<circle cx="([\d.]+)" cy="([-\d.]+)"', chart)]
    assert len(heights) == 6
    assert min(heights) > 0
    assert heights.index(min(heights)) == 5, "the loss of 0.95 is the highest point"


def test_a_history_of_an_earlier_version_without_training_accuracy_is_drawn() -> None:
    old = [{"loss": record["loss"], "accuracy": record["accuracy"]} for record in HISTORY]
    section = str(training_curves(old))
    assert section.count("<svg") == 2
    assert "In the last epoch: calibration split 0.650." in section
    assert "nan" not in section
