"""Fits a change of the last layer: logistic loss on new images, squared change of the logit on old ones.

    minimize  sum_i w_i log(1 + exp(-y_i (z_i + s_i)))  +  d/2 mean_j s_j^2  +  l/2 |a|^2,   s = X a

`z` are the logits of the old model, `s` their change. The second term is distillation from the old model (Z. Li and
D. Hoiem, "Learning without Forgetting", ECCV 2016), in its quadratic form. The problem is convex. It is solved by
damped Newton steps in the dual variables (G. Wahba's representer theorem: a = X' alpha), so the cost depends on the
number of images and not on the number of features.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_STEPS, _TOLERANCE, _SMALLEST = 60, 1e-7, 1e-4


@dataclass(frozen=True, slots=True)
class LayerChange:
    """A change of the last layer.

    Attributes:
        weights: `[D]`, added to the weights.
        bias: added to the logit.
    """

    weights: Array
    bias: float

    def shift(self, values: NDArray[np.floating]) -> Array:
        """The change of the logits of images with these features `[N, D]`."""
        return np.asarray(values @ self.weights + self.bias, np.float64)


def class_weights(labels: Array) -> Array:
    """Weights `[N]` with sum 1, equal for both classes."""
    positives, negatives = max(1.0, labels.sum()), max(1.0, (1 - labels).sum())
    weights: Array = np.where(labels == 1, 0.5 / positives, 0.5 / negatives)
    return weights


def fit_change(
    new: NDArray[np.floating],
    labels: Array,
    logits: Array,
    old: NDArray[np.floating],
    *,
    distillation: float,
    ridge: float,
) -> LayerChange:
    """Fit the change.

    Args:
        new: features of new images, `[N, D]`.
        labels: their labels, `[N]`, 1 for fake.
        logits: their logits by the old model, `[N]`.
        old: features of images on which the logit should not change, `[M, D]`.
        distillation: weight of the squared change on these images.
        ridge: weight of the squared norm of the change, for features scaled to unit mean square norm.
    """
    count, kept = len(new), len(old)
    stacked = np.concatenate([new, old]).astype(np.float64)
    mean = stacked.mean(axis=0)
    scale = max(1e-12, float(stacked.std()) * stacked.shape[1] ** 0.5)
    features = (stacked - mean) / scale
    kernel = features @ features.T + 1.0
    weights = class_weights(labels)
    penalty = np.full(kept, distillation / max(1, kept))

    def loss(dual: Array, shift: Array) -> float:
        z = logits + shift[:count]
        fitted = float((weights * (np.logaddexp(0.0, z) - labels * z)).sum())
        return fitted + 0.5 * float((penalty * shift[count:] ** 2).sum() + ridge * dual @ shift)

    dual, shift = np.zeros(count + kept), np.zeros(count + kept)
    current = loss(dual, shift)
    for _ in range(_STEPS):
        p = 1.0 / (1.0 + np.exp(-np.clip(logits + shift[:count], -30, 30)))
        curvature = np.concatenate([weights * p * (1 - p) + 1e-7, penalty + 1e-12])
        gradient = np.concatenate([weights * (p - labels), penalty * shift[count:]])
        target = np.linalg.solve(kernel + ridge * np.diag(1.0 / curvature), shift - gradient / curvature)
        step, size = target - dual, 1.0
        moved = kernel @ step
        while size > _SMALLEST and loss(dual + size * step, shift + size * moved) > current:
            size /= 2
        dual, shift = dual + size * step, shift + size * moved
        before, current = current, loss(dual, shift)
        if before - current < _TOLERANCE:
            break
    change = features.T @ dual / scale
    return LayerChange(change, float(dual.sum() - mean @ change))
