from __future__ import annotations

import math

import numpy as np
import pytest

from tests.evaluation.samples import point, sample
from unmask.evaluation.risk_coverage import risk_coverage


def test_risk_coverage_by_hand() -> None:
    coverage, risk = risk_coverage(np.array([1, 0, 0, 1]), np.array([0.99, 0.02, 0.6, math.nan]))
    assert coverage.tolist() == [[0.25, 0.5, 0.75, 1.0]]
    assert risk[0].tolist() == pytest.approx([0, 0, 1 / 3, 0.5])


def test_aurc_by_hand() -> None:
    # Right, wrong, right, wrong from the most certain on: risks 0, 1/2, 1/3, 1/2.
    assert point(sample([1, 1, 0, 0], [0.99, 0.05, 0.1, 0.7]))["aurc"] == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)
    # The two in the middle are equally certain, so answered together, whatever their order: 0, 1/3, 1/3, 1/2.
    tied = [point(sample(labels, [0.99, 0.125, 0.875, 0.7]))["aurc"] for labels in ([1, 0, 0, 0], [1, 1, 1, 0])]
    assert tied == pytest.approx([(0 + 1 / 3 + 1 / 3 + 1 / 2) / 4] * 2)
