"""Error rates of a group compared with those of all other faces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from research.studies.fairness import mantel_haenszel, rate_differences
from unmask.datasets import Dataset, LabeledImage
from unmask.evaluation import Predictions
from unmask.verdict import Face, Label, ModelReference, Thresholds, Verdict


def test_differences_are_not_confounded_with_the_source() -> None:
    """Within each source both groups fare alike (1 in 10, 5 in 10); the group has most of the hard source."""
    sources = np.array(["easy"] * 100 + ["hard"] * 100)
    member = np.array([True] * 20 + [False] * 80 + [True] * 80 + [False] * 20)
    wrong = np.concatenate([np.arange(20) < 2, np.arange(80) < 8, np.arange(80) < 40, np.arange(20) < 10])
    everybody, once = np.ones(200, bool), np.ones((1, 200))
    assert mantel_haenszel(everybody, wrong, member, sources, once)[0] == pytest.approx(0.0)
    crude = mantel_haenszel(everybody, wrong, member, np.array(["one"] * 200), once)[0]
    assert crude == pytest.approx(42 / 100 - 18 / 100)


def test_the_interval_of_a_small_group_without_errors_is_widened(tmp_path: Path) -> None:
    """None of 30 against 3 in 100 is what chance gives four times in ten."""
    items = tuple(LabeledImage(tmp_path / f"{number}", "real", "valid", "one") for number in range(130))
    verdicts = tuple(verdict(Label.FAKE if 30 <= number < 33 else Label.REAL) for number in range(130))
    gaps = rate_differences(Predictions(Dataset(items, "made"), verdicts), np.arange(130) < 30)
    found = gaps["false_alarms_gap"]
    assert found.value == pytest.approx(-0.03)
    assert found.low < found.value < 0 < found.high


def verdict(label: Label) -> Verdict:
    face = Face((0, 0, 9, 9), label, 0.5)
    model, rule = ModelReference("made", "1", "ab" * 32), Thresholds(0.2, 0.8)
    return Verdict(None, "00", 9, 9, "PNG", label, 0.5, rule, (face,), model, 0.0)
