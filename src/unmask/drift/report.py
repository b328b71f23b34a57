"""Compares periods of a stream with a reference period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from unmask.drift.stream import StreamFeatures
from unmask.drift.two_sample import category_p_value, category_psi, holm, ks_p_value, number_psi

ALPHA, MIN_PSI = 0.01, 0.02


@dataclass(frozen=True, slots=True)
class FeatureTest:
    """One feature of one period.

    Attributes:
        period: name of the period.
        feature: name of the feature.
        psi: population stability index.
        p_value: of the two-sample test.
        adjusted: the p-value, adjusted for all tests of the report.
        drifted: whether the adjusted p-value is below the level and the index is above the limit.
    """

    period: str
    feature: str
    psi: float
    p_value: float
    adjusted: float = 1.0
    drifted: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The test as plain JSON values."""
        return {
            "period": self.period,
            "feature": self.feature,
            "psi": round(self.psi, 5),
            "p_value": self.p_value,
            "adjusted_p_value": self.adjusted,
            "drifted": self.drifted,
        }


@dataclass(frozen=True, slots=True)
class DriftReport:
    """All tests of all periods.

    Attributes:
        reference: features of the reference period.
        periods: features by period.
        tests: one for each period and feature.
        alpha: level of all tests together.
        min_psi: smallest index that counts as a change.
    """

    reference: StreamFeatures
    periods: Mapping[str, StreamFeatures]
    tests: tuple[FeatureTest, ...]
    alpha: float
    min_psi: float

    @property
    def drifted(self) -> tuple[FeatureTest, ...]:
        """The tests that found a change, most significant first."""
        return tuple(sorted((test for test in self.tests if test.drifted), key=lambda test: test.adjusted))

    def to_dict(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return {
            "drifted": bool(self.drifted),
            "alpha": self.alpha,
            "min_psi": self.min_psi,
            "reference": self.reference.count,
            "periods": {name: features.count for name, features in self.periods.items()},
            "tests": [test.to_dict() for test in self.tests],
        }


def measure_drift(
    reference: StreamFeatures,
    periods: Mapping[str, StreamFeatures],
    *,
    alpha: float = ALPHA,
    min_psi: float = MIN_PSI,
) -> DriftReport:
    """Test every feature of every period against the reference.

    Args:
        reference: features of the reference period.
        periods: features of each period by its name.
        alpha: probability of any false alarm in the report.
        min_psi: smallest population stability index that counts as a change, so that tiny changes of large streams do
            not alarm.
    """
    tests = [test for name, features in periods.items() for test in _tests(name, reference, features)]
    adjusted = holm([test.p_value for test in tests])
    complete = tuple(
        replace(test, adjusted=value, drifted=value < alpha and test.psi >= min_psi)
        for test, value in zip(tests, adjusted, strict=True)
    )
    return DriftReport(reference, periods, complete, alpha, min_psi)


def _tests(period: str, reference: StreamFeatures, current: StreamFeatures) -> list[FeatureTest]:
    found = []
    for name, values in reference.numbers.items():
        other = current.numbers[name]
        found.append(FeatureTest(period, name, number_psi(values, other), ks_p_value(values, other)))
    for name in sorted({*reference.categories, *current.categories}):
        one, two = reference.categories.get(name, {}), current.categories.get(name, {})
        found.append(FeatureTest(period, name, category_psi(one, two), category_p_value(one, two)))
    return found
