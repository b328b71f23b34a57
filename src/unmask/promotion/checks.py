"""One rule applied to one subset: an interval against a limit, with three outcomes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from unmask.datasets.auc import Interval


class Outcome(StrEnum):
    """The result of a check."""

    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Check:
    """A rule applied to a subset.

    Attributes:
        rule: name of the rule, as in `PromotionRules`.
        subset: `all`, a source, or a kind of fake.
        tier: tier of the evaluation; empty for speed and size.
        worse: how much worse the candidate is, or its absolute figure, with its 95 % interval.
        limit: the largest allowed value.
        outcome: `passed` if the interval is below the limit, `failed` if it is above, `undecided` if it contains it.
        needed: about how many more independent pictures would decide; None if the outcome is decided, or if the value
            equals the limit.
    """

    rule: str
    subset: str
    tier: str
    worse: Interval
    limit: float
    outcome: Outcome
    needed: int | None = None

    @property
    def sentence(self) -> str:
        """The check in one line."""
        where = f" on {self.subset}" + (f" ({self.tier})" if self.tier else "")
        interval = f"{self.worse.value:.4g} ({self.worse.low:.4g} to {self.worse.high:.4g})"
        more = f"; about {self.needed:,} more pictures would decide" if self.needed else ""
        return f"{self.rule}{where}: {interval}, limit {self.limit:g}: {self.outcome}{more}"

    def to_dict(self) -> dict[str, Any]:
        """The check as plain JSON values."""
        return {
            "rule": self.rule,
            "subset": self.subset,
            "tier": self.tier,
            "value": self.worse.to_list(),
            "limit": self.limit,
            "outcome": str(self.outcome),
            "needed": self.needed,
        }


def check_margin(rule: str, subset: str, tier: str, worse: Interval, limit: float, groups: int) -> Check:
    """Compare an interval with a limit, as a non-inferiority test does.

    The width of an interval falls with the square root of the number of independent pictures, which gives the number
    that would separate the interval from the limit.

    Args:
        rule: name of the rule.
        subset: the pictures that the interval is of.
        tier: tier of the evaluation.
        worse: how much worse the candidate is.
        limit: the largest allowed value.
        groups: independent pictures that the interval rests on.
    """
    if worse.high <= limit:
        return Check(rule, subset, tier, worse, limit, Outcome.PASSED)
    if worse.low > limit:
        return Check(rule, subset, tier, worse, limit, Outcome.FAILED)
    distance = abs(limit - worse.value)
    width = worse.high - worse.value if worse.value < limit else worse.value - worse.low
    needed = math.ceil(groups * ((width / distance) ** 2 - 1)) if distance > 1e-9 else 0
    return Check(rule, subset, tier, worse, limit, Outcome.UNDECIDED, max(1, needed) if distance > 1e-9 else None)
