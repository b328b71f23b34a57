from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from tests.evaluation.samples import SCORES, point, sample
from unmask.datasets.auc import auc_interval, placements


def auc_by_pairs(labels: list[int], scores: list[float]) -> float:
    pairs = [
        (f, r) for f, a in zip(scores, labels, strict=True) if a for r, b in zip(scores, labels, strict=True) if not b
    ]
    return sum((f > r) + (f == r) / 2 for f, r in pairs) / len(pairs)


@given(SCORES)
@settings(max_examples=60, deadline=None)
def test_auc_is_the_share_of_correctly_ranked_pairs(rows: list[tuple[int, float]]) -> None:
    labels, scores = map(list, zip(*rows, strict=True))
    expected = auc_by_pairs(labels, scores)
    assert point(sample(labels, scores))["auc"] == pytest.approx(expected)
    placed = placements(np.array(labels), np.array(scores))
    assert auc_interval(np.array(labels), placed, np.arange(len(labels))).value == pytest.approx(expected)
