"""Confidence intervals by resampling groups: ten frames of one video are one witness, not ten.

Percentile bootstrap (B. Efron, Annals of Statistics 7, 1979) over groups (C. Field and A. Welsh, JRSS B 69, 2007).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from unmask.datasets.ranking import Interval
from unmask.evaluation.metrics import BIASED_UP, Figures, Floats, Sample, denominators, figures

ROUNDS = 1000
_CELLS = 1_000_000
EDGE = 1e-12
"""Nearer than this to 0 or 1 is rounding."""


def resamplings(groups: NDArray[np.int64], rounds: int = ROUNDS, seed: int = 0) -> Iterator[Floats]:
    """How often each picture counts when whole groups are drawn with replacement.

    Args:
        groups: `[N]`, equal for pictures that are one witness.
        rounds: number of resamplings R.
        seed: of the drawing; the same on every machine.

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


def with_intervals(
    sample: Sample, groups: NDArray[np.int64], rounds: int = ROUNDS, seed: int = 0
) -> dict[str, Interval]:
    """Every figure with its 95 % interval.

    Args:
        sample: N judged pictures.
        groups: `[N]`.
        rounds: number of resamplings.
        seed: of the drawing.

    Returns:
        Figure to interval; NaN where a figure has no meaning. Resampling cannot show what it never drew: where all n
        groups agree on 0 or 1, the exact binomial limit (C. Clopper and E. Pearson, 1934) stands instead, and one
        group alone leaves everything open.
    """
    found = resampled(lambda weights: figures(sample, weights), groups, rounds, seed)
    count = witnesses(sample, groups)
    return {name: with_room(interval, count[name]) for name, interval in found.items()}


def witnesses(sample: Sample, groups: NDArray[np.int64]) -> dict[str, int]:
    """How many groups each figure rests on."""
    return {name: len(np.unique(groups[mask])) for name, mask in denominators(sample, groups).items()}


def with_room(interval: Interval, count: int) -> Interval:
    """An interval of something in [0, 1] with the room that so few witnesses leave."""
    if np.isnan(interval.value):
        return interval
    if count < 2:
        return Interval(interval.value, 0.0, 1.0)
    slack = 1 - 0.025 ** (1 / count)
    low = min(interval.low, 1.0 - slack) if interval.value > 1.0 - EDGE else interval.low
    high = max(interval.high, slack) if interval.value < EDGE else interval.high
    return Interval(interval.value, low, high)


def resampled(
    measure: Callable[[Floats], Figures], groups: NDArray[np.int64], rounds: int = ROUNDS, seed: int = 0
) -> dict[str, Interval]:
    """Figures with 95 % intervals.

    Args:
        measure: weights `[R, N]` to figures `[R]`.
        groups: `[N]`.
        rounds: number of resamplings.
        seed: of the drawing.
    """
    drawn = [measure(weights) for weights in resamplings(groups, rounds, seed)]
    return {
        name: _interval(float(value[0]), np.concatenate([portion[name] for portion in drawn]), name in BIASED_UP)
        for name, value in measure(np.ones((1, len(groups)))).items()
    }


def _interval(value: float, resampled: Floats, raised: bool) -> Interval:
    """The middle 95 % of the resamplings; for a figure that chance raises, see `_lowered`."""
    known = resampled[~np.isnan(resampled)]
    if np.isnan(value) or not len(known):
        return Interval(value, float("nan"), float("nan"))
    low, high = (float(limit) for limit in np.quantile(known, (0.025, 0.975)))
    return _lowered(value, known, low, high) if raised else Interval(value, low, high)


def _lowered(value: float, known: Floats, low: float, high: float) -> Interval:
    """The interval of a figure of 0 or more that chance alone raises, such as the calibration error.

    Chance adds to such a figure as noise adds to a length: squares add up (A. Kumar et al., Verified Uncertainty
    Calibration, NeurIPS 2019). Resampling adds the same noise once more, so the mean square of the resamplings less
    the value's square estimates it (B. Efron and R. Tibshirani, An Introduction to the Bootstrap, 1993, chapter 10).
    The upper limit is freed of the noise once, since the value holds it too; the lower limit twice, so that it
    reaches 0 where chance alone explains the value.
    """
    noise = max(0.0, float((known**2).mean()) - value**2)
    least, most = max(0.0, low**2 - 2 * noise) ** 0.5, max(0.0, high**2 - noise) ** 0.5
    return Interval(value, min(least, value), max(most, value))
