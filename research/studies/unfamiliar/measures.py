"""Measures of how unfamiliar an image is to a model, and their effect on its verdicts."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from research.studies.unfamiliar.outputs import Array, ModelOutputs
from unmask import Detector
from unmask.datasets.auc import auc_interval, placements

WIDTH = 32
"""Dimensions of the random projection."""
Measure = Callable[[ModelOutputs], Array]
"""Maps outputs to how unfamiliar each image is, `[N]`; larger is more unfamiliar."""


def measures(familiar: ModelOutputs, strange: ModelOutputs, seed: int) -> dict[str, Measure]:
    """Every measure by name, fitted to familiar images where needed."""
    found: dict[str, Measure] = {"score near one half": lambda outputs: -np.abs(outputs.logits)}
    if familiar.maps is not None:
        found |= {
            "map: spread": lambda outputs: _flat(outputs).std(axis=1),
            "map: spread by its mean": lambda outputs: (
                _flat(outputs).std(axis=1) / (np.abs(_flat(outputs).mean(axis=1)) + 1e-3)
            ),
            "map: share against the answer": _against,
        }
    middle = familiar.features.mean(axis=1).mean()
    found |= {
        "features: mean, from the usual": lambda outputs: np.abs(outputs.features.mean(axis=1) - middle),
        "features: small (weak evidence)": lambda outputs: -np.linalg.norm(outputs.features, axis=1),
        "features: Mahalanobis, 32 projections": mahalanobis(familiar, seed),
        "features: linear, familiar against strange": linear(familiar, strange),
    }
    return found


def _flat(outputs: ModelOutputs) -> Array:
    assert outputs.maps is not None
    return outputs.maps.reshape(len(outputs.maps), -1)


def _relative_spread(outputs: ModelOutputs) -> Array:
    """Standard deviation of the map, divided by the magnitude of its mean."""
    flat = _flat(outputs)
    spread: Array = flat.std(axis=1) / (np.abs(flat.mean(axis=1)) + 1e-3)
    return spread


def _against(outputs: ModelOutputs) -> Array:
    """Share of the map that supports the other class."""
    flat = _flat(outputs)
    opposed: Array = ((flat >= 0) != (flat.mean(axis=1, keepdims=True) >= 0)).mean(axis=1)
    return opposed


def mahalanobis(familiar: ModelOutputs, seed: int) -> Measure:
    """Mahalanobis distance to the nearer class mean (K. Lee et al., NeurIPS 2018) in a random projection."""
    matrix = np.random.default_rng(seed).standard_normal((familiar.features.shape[1], WIDTH)) / math.sqrt(WIDTH)
    low = familiar.features @ matrix
    means = np.stack([low[familiar.fake == label].mean(axis=0) for label in (False, True)])
    spread = low - means[familiar.fake.astype(int)]
    precision = np.linalg.inv(spread.T @ spread / len(spread) + 1e-6 * np.eye(WIDTH))

    def distance(outputs: ModelOutputs) -> Array:
        gaps = (outputs.features @ matrix)[:, None] - means
        nearest: Array = np.einsum("nkd,de,nke->nk", gaps, precision, gaps).min(axis=1)
        return np.sqrt(nearest)

    return distance


def linear(familiar: ModelOutputs, strange: ModelOutputs) -> Measure:
    """Ridge regression on the features that separates strange images from familiar ones.

    A linear form of D. Hendrycks et al., "Deep Anomaly Detection with Outlier Exposure", ICLR 2019.
    """
    middle = familiar.features.mean(axis=0)
    rows = np.concatenate([familiar.features, strange.features]) - middle
    target = np.repeat([-1.0, 1.0], [len(familiar.features), len(strange.features)])
    gram = rows.T @ rows
    direction = np.linalg.solve(gram + np.trace(gram) / len(gram) * np.eye(len(gram)), rows.T @ target)
    return lambda outputs: np.asarray((outputs.features - middle) @ direction, np.float64)


def ranks_wrong(outputs: ModelOutputs, doubt: Array) -> list[float | None]:
    """AUC with interval: wrong answers should have a larger measure than right ones."""
    labels = outputs.wrong.astype(np.int64)
    if not 0 < labels.sum() < len(labels):
        return [None, None, None]
    return auc_interval(labels, placements(labels, doubt), outputs.groups).to_list()


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
    detector: Detector, outputs: ModelOutputs, home: ModelOutputs, measure: Measure, limit: float
) -> dict[str, Any]:
    """Coverage and errors with the thresholds alone, with the measure, and with wider thresholds of the same cost.

    Args:
        detector: has the thresholds.
        outputs: the images to measure.
        home: familiar images, on which the cost in coverage is made equal.
        measure: verdicts also become unsure above `limit`.
        limit: of the measure.
    """
    excess, at_home = beyond_threshold(detector, outputs), beyond_threshold(detector, home)
    kept_at_home = int(((at_home > 0) & (measure(home) <= limit)).sum())
    wider = float(np.sort(at_home)[::-1][kept_at_home]) if kept_at_home < len(at_home) else 0.0
    return {
        "thresholds": coverage_and_errors(outputs, excess > 0),
        "measure": coverage_and_errors(outputs, (excess > 0) & (measure(outputs) <= limit)),
        "wider band": coverage_and_errors(outputs, excess > wider),
    }
