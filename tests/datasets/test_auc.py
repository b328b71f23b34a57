from __future__ import annotations

import numpy as np
import pytest

from unmask.datasets.auc import auc_interval, placements


def test_perfect_separation_uses_the_rule_of_three() -> None:
    labels, scores = np.repeat([0, 1], 10), np.arange(20.0)
    interval = auc_interval(labels, placements(labels, scores), np.arange(20))
    assert interval.value == interval.high == 1.0
    assert interval.low == pytest.approx(0.7)
