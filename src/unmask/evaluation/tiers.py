"""The three tiers of every evaluation: the original file, and two degrees of scaling and compression."""

from __future__ import annotations

from collections.abc import Iterable

from unmask.errors import UsageError
from unmask.evaluation.degradations import NO_DEGRADATION, Degradation

TIERS: dict[str, Degradation] = {
    "clean": NO_DEGRADATION,
    "web": Degradation(longest=768, jpeg=60),
    "hard": Degradation(scale=0.5, longest=512, jpeg=40),
}


def select_tiers(names: Iterable[str]) -> dict[str, Degradation]:
    """The degradations of the named tiers.

    Raises:
        UsageError: a name is unknown, or there are no names.
    """
    chosen = list(names)
    if not chosen or not set(chosen) <= set(TIERS):
        raise UsageError(f"tiers must be some of {', '.join(TIERS)}, not {', '.join(map(repr, chosen)) or 'none'}")
    return {name: TIERS[name] for name in chosen}
