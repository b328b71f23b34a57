"""The three tiers every evaluation names: as found, after a messenger, after a bad one."""

from __future__ import annotations

from collections.abc import Iterable

from unmask.errors import UsageError
from unmask.evaluation.degrading import UNTOUCHED, Degradation

TIERS: dict[str, Degradation] = {
    "clean": UNTOUCHED,
    "web": Degradation(longest=768, jpeg=60),
    "hard": Degradation(scale=0.5, longest=512, jpeg=40),
}


def tiers_named(names: Iterable[str]) -> dict[str, Degradation]:
    """What the tiers of these names do to a picture.

    Raises:
        UsageError: one of them does not exist, or none is named.
    """
    chosen = list(names)
    if not chosen or not set(chosen) <= set(TIERS):
        raise UsageError(f"tiers are some of {', '.join(TIERS)}; got {', '.join(map(repr, chosen)) or 'none'}")
    return {name: TIERS[name] for name in chosen}
