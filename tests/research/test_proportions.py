"""Proportions with their confidence intervals."""

from __future__ import annotations

from research.common.proportions import percent, wilson


def test_shares_are_stated_with_the_interval_of_their_count() -> None:
    assert percent(wilson(1, 100)) == "1.0% (0.2–5.4)"
    assert percent([0.0413, 0.02, 0.065]) == "4.1% (2.0–6.5)"
    assert percent(None) == "–"
