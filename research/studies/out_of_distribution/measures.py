"""Measures of the distance of an image from the training data of a model, and their effect on verdicts."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from research.studies.out_of_distribution.outputs import Array, ModelOutputs
from unmask import Detector
from unmask.datasets.auc import auc_interval, placements

WIDTH = 32
"""Dimensions of the random projection."""
Measure = Callable[[ModelOutputs], Array]
"""Maps outputs to the distance of each image from the training data, `[N]`."""


def measures(in_dist: ModelOutputs, changed: ModelOutputs, seed: int) -> dict[str, Measure]:
    """Every measure by name, fitted to in-distribution images where needed."""
    found: dict[str, Measure] = {"score near one half": lambda outputs: -np.abs(outputs.logits)}
    if in_dist.maps is not None:
        found |= {
            "map: spread": lambda outputs: _flatten_maps(outputs).std(axis=1),
            "map: spread by its mean": _relative_spread,
            "map: share against the answer": _opposed_share,
        }
    middle = in_dist.features.mean(axis=1).mean()
    found |= {
        "features: mean, from the usual": lambda outputs: np.abs(outputs.features.mean(axis=1) - middle),
        "features: small (weak evidence)": lambda outputs: -np.linalg.norm(outputs.features, axis=1),
        "features: Mahalanobis, 32 projections": mahalanobis(in_dist, seed),
        "features: linear, in-distribution against changed": linear(in_dist, changed),
    }
    return found


def _flatten_maps(outputs: ModelOutputs) -> Array:
    assert outputs.maps is not None
    return outputs.maps.reshape(len(outputs.maps), -1)


def _relative_spread(outputs: ModelOutputs) -> Array:
    """Standard deviation of the map, divided by the magnitude of its mean."""
    flat = _flatten_maps(outputs)
    spread: Array = flat.std(axis=1) / (np.abs(flat.mean(axis=1)) + 1e-3)
    return spread


def _opposed_share(outputs: ModelOutputs) -> Array:
    """Share of the map that supports the other class."""
    flat = _flatten_maps(outputs)
    opposed: Array = ((flat >= 0) != (flat.mean(axis=1, keepdims=True) >= 0)).mean(axis=1)
    return opposed


def mahalanobis(in_dist: ModelOutputs, seed: int) -> Measure:
    """Mahalanobis distance to the nearer class mean (K. Lee et al., NeurIPS 2018) in a random projection."""
    matrix = np.random.default_rng(seed).standard_normal((in_dist.features.shape[1], WIDTH)) / math.sqrt(WIDTH)
    low = in_dist.features @ matrix
    means = np.stack([low[in_dist.fake == label].mean(axis=0) for label in (False, True)])
    spread = low - means[in_dist.fake.astype(int)]
    precision = np.linalg.inv(spread.T @ spread / len(spread) + 1e-6 * np.eye(WIDTH))

    def distance(outputs: ModelOutputs) -> Array:
        gaps = (outputs.features @ matrix)[:, None] - means
        nearest: Array = np.einsum("nkd,de,nke->nk", gaps, precision, gaps).min(axis=1)
        return np.sqrt(nearest)

    return distance


def linear(in_dist: ModelOutputs, changed: ModelOutputs) -> Measure:
    """Ridge regression on the features that separates changed images from in-distribution ones.

    A linear form of D. Hendrycks et al., "Deep Anomaly Detection with Outlier Exposure", ICLR 2019.
    """
    middle = in_dist.features.mean(axis=0)
    rows = np.concatenate([in_dist.features, changed.features]) - middle
    target = np.repeat([-1.0, 1.0], [len(in_dist.features), len(changed.features)])
    gram = rows.T @ rows
    direction = np.linalg.solve(gram + np.trace(gram) / len(gram) * np.eye(len(gram)), rows.T @ target)
    return lambda outputs: np.asarray((outputs.features - middle) @ direction, np.float64)


def error_auc(outputs: ModelOutputs, measure: Array) -> list[float | None]:
    """AUC with interval: wrong answers should have a larger measure than right ones."""
    labels = outputs.wrong.astype(np.int64)
    if not 0 < labels.sum() < len(labels):
        return [None, None, None]
    return auc_interval(labels, placements(labels, measure), outputs.groups).to_list()


def beyond_threshold(detector: Detector, outputs: ModelOutputs) -> Array:
    """Distance of each calibrated logit beyond its threshold, `[N]`; 0 if the verdict is `unsure`."""
    rule = detector.card.decision.thresholds
    low, high = (math.log(each / (1 - each)) for each in (rule.real_below, rule.fake_above))
    return np.where(outputs.logits > high, outputs.logits - high, np.maximum(low - outputs.logits, 0.0))


def coverage_and_errors(outputs: ModelOutputs, sure: NDArray[np.bool_]) -> dict[str, float | None]:
    """Coverage, the share of right answers (None without answers), and the share of wrong answers among all images."""
    right = float((~outputs.wrong)[sure].mean()) if sure.any() else None
    return {"coverage": float(sure.mean()), "right": right, "wrong": float((sure & outputs.wrong).mean())}


def effects(
    detector: Detector, outputs: ModelOutputs, reference: ModelOutputs, measure: Measure, limit: float
) -> dict[str, Any]:
    """Coverage and errors with the thresholds alone, with the measure, and with wider thresholds of the same cost.

    Args:
        detector: has the thresholds.
        outputs: the images to measure.
        reference: in-distribution images, on which the cost in coverage is made equal.
        measure: verdicts also become unsure above `limit`.
        limit: limit of the measure.
    """
    excess, at_reference = beyond_threshold(detector, outputs), beyond_threshold(detector, reference)
    kept_at_reference = int(((at_reference > 0) & (measure(reference) <= limit)).sum())
    wider = float(np.sort(at_reference)[::-1][kept_at_reference]) if kept_at_reference < len(at_reference) else 0.0
    return {
        "thresholds": coverage_and_errors(outputs, excess > 0),
        "measure": coverage_and_errors(outputs, (excess > 0) & (measure(outputs) <= limit)),
        "wider band": coverage_and_errors(outputs, excess > wider),
    }
