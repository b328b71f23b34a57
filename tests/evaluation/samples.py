"""Samples and metric values for the tests of metrics."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from unmask.evaluation.metrics import Sample, compute_metrics


def sample(labels: list[int], probability: list[float], low: float = 0.2, high: float = 0.8) -> Sample:
    values = np.array(probability, float)
    decision = np.select([values > high, values < low], [1, 0], -1)
    return Sample(np.array(labels), values, decision)


def point(given: Sample) -> dict[str, float]:
    return {name: float(value[0]) for name, value in compute_metrics(given).items()}


def tied_scores(seed: int, count: int = 400) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Labels and overlapping scores, most of them tied."""
    rng = np.random.default_rng(seed)
    labels = (rng.random(count) < rng.uniform(0.2, 0.8)).astype(np.int64)
    scores = 1 / (1 + np.exp(-(rng.normal(size=count) + 1.5 * labels - 0.5)))
    return labels, scores.round(int(rng.integers(1, 4)))


SCORES = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from([0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99])), min_size=4, max_size=60
).filter(lambda rows: {label for label, _ in rows} == {0, 1})
