"""The three tiers every evaluation names: as found, after a messenger, after a bad one."""

from __future__ import annotations

from collections.abc import Iterable

from unmask.errors import UsageError
from unmask.evaluation.degrading import Degradation

TIERS: dict[str, Degradation] = {
    "clean": Degradation(),
    "web": Degradation(longest=768, jpeg=60),
    "hard": Degradation(scale=0.5, longest=512, jpeg=40),
}


def tier(name: str) -> Degradation:
    """What a tier does to a picture.

    Raises:
        UsageError: there is no such tier.
    """
    if name not in TIERS:
        raise UsageError(f"no tier {name!r}; there are {', '.join(TIERS)}")
    return TIERS[name]


def tiers(names: Iterable[str]) -> dict[str, Degradation]:
    """Several tiers by name, each once.

    Raises:
        UsageError: one of them does not exist, or none is named.
    """
    chosen = {name: tier(name) for name in names}
    if not chosen:
        raise UsageError(f"name at least one tier of {', '.join(TIERS)}")
    return chosen
