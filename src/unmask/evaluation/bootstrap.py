"""Cluster bootstrap: 95 % confidence intervals by resampling groups.

Percentile bootstrap (B. Efron, Annals of Statistics 7, 1979) over groups (C. Field and A. Welsh, JRSS B 69, 2007):
images of one group, such as the frames of one video, form one cluster and are drawn together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from unmask.datasets.auc import Interval
from unmask.evaluation.metrics import BIASED_UP, Floats, MetricArrays, Sample, compute_metrics, denominators

ROUNDS = 1000
_CELLS = 1_000_000
"""Largest number of weights that are computed at once."""
EDGE = 1e-12
"""Values closer than this to 0 or 1 are treated as equal to them."""


def bootstrap_weights(groups: NDArray[np.int64], rounds: int = ROUNDS, seed: int = 0) -> Iterator[Floats]:
    """Draws whole groups with replacement and yields the weight of each image.

    Args:
        groups: `[N]` group numbers.
        rounds: number of resamplings R.
        seed: random seed.

    Yields:
        Weights `[r, N]` in portions that fit into memory; the r add up to R.
    """
    _, codes = np.unique(groups, return_inverse=True)
    count = int(codes.max(initial=-1)) + 1
    rng = np.random.default_rng(seed)
    step = max(1, _CELLS // max(1, len(codes)))
    for start in range(0, rounds, step):
        portion = min(step, rounds - start)
        drawn = rng.integers(0, count, (portion, count))
        slots = drawn + np.arange(portion)[:, None] * count
        yield np.bincount(slots.ravel(), minlength=portion * count).reshape(portion, count)[:, codes].astype(np.float64)


def metrics_with_intervals(
    sample: Sample, groups: NDArray[np.int64], rounds: int = ROUNDS, seed: int = 0
) -> dict[str, Interval]:
    """Every metric with its 95 % interval.

    Args:
        sample: predictions of N images.
        groups: `[N]` group numbers.
        rounds: number of resamplings.
        seed: random seed.

    Returns:
        The interval of each metric; NaN if the metric is undefined. Intervals that rest on few groups are widened, see
        `widen_small_n`.
    """
    intervals = bootstrap_intervals(lambda weights: compute_metrics(sample, weights), groups, rounds, seed)
    counts = n_groups(sample, groups)
    return {name: widen_small_n(interval, counts[name]) for name, interval in intervals.items()}


def n_groups(sample: Sample, groups: NDArray[np.int64]) -> dict[str, int]:
    """The number of groups that each metric rests on."""
    return {name: len(np.unique(groups[mask])) for name, mask in denominators(sample, groups).items()}


def widen_small_n(interval: Interval, count: int) -> Interval:
    """Widens the interval of a share where the bootstrap is too narrow.

    The bootstrap gives an empty interval if all groups agree on 0 or 1. The exact binomial limit (C. Clopper and
    E. Pearson, 1934) for the number of groups replaces it. A single group allows no statement: its interval is [0, 1].

    Args:
        interval: bootstrap interval of a value in [0, 1].
        count: number of groups that it rests on.
    """
    if np.isnan(interval.value):
        return interval
    if count < 2:
        return Interval(interval.value, 0.0, 1.0)
    margin = 1 - 0.025 ** (1 / count)
    low = min(interval.low, 1.0 - margin) if interval.value > 1.0 - EDGE else interval.low
    high = max(interval.high, margin) if interval.value < EDGE else interval.high
    return Interval(interval.value, low, high)


def bootstrap_intervals(
    measure: Callable[[Floats], MetricArrays], groups: NDArray[np.int64], rounds: int = ROUNDS, seed: int = 0
) -> dict[str, Interval]:
    """Bootstrap intervals of the metrics of a function.

    Args:
        measure: computes metrics `[R]` from weights `[R, N]`.
        groups: `[N]` group numbers.
        rounds: number of resamplings.
        seed: random seed.
    """
    portions = [measure(weights) for weights in bootstrap_weights(groups, rounds, seed)]
    return {
        name: _interval(float(value[0]), np.concatenate([portion[name] for portion in portions]), name in BIASED_UP)
        for name, value in measure(np.ones((1, len(groups)))).items()
    }


def _interval(value: float, resamples: Floats, biased_up: bool) -> Interval:
    """The 2.5 % and 97.5 % quantiles of the resamples, with the bias removed where `biased_up`."""
    known = resamples[~np.isnan(resamples)]
    if np.isnan(value) or not len(known):
        return Interval(value, float("nan"), float("nan"))
    low, high = (float(limit) for limit in np.quantile(known, (0.025, 0.975)))
    return _debiased(value, known, low, high) if biased_up else Interval(value, low, high)


def _debiased(value: float, known: Floats, low: float, high: float) -> Interval:
    """The interval of a non-negative metric that sampling noise increases, such as the calibration error.

    Noise adds to such a metric in squares (A. Kumar et al., Verified Uncertainty Calibration, NeurIPS 2019), and
    resampling adds the same noise once more. The mean square of the resamples minus the square of the value estimates
    the noise (B. Efron and R. Tibshirani, An Introduction to the Bootstrap, 1993, chapter 10). The upper limit is
    reduced by it once, because the value itself contains it; the lower limit is reduced twice, so that it reaches 0 if
    noise alone explains the value.
    """
    noise = max(0.0, float((known**2).mean()) - value**2)
    least, most = max(0.0, low**2 - 2 * noise) ** 0.5, max(0.0, high**2 - noise) ** 0.5
    return Interval(value, min(least, value), max(most, value))
