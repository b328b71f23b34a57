"""Whether a card's figures are true: every one it states, against one computed from the pixels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from unmask.datasets import Dataset
from unmask.errors import BadModelFile, DatasetError
from unmask.evaluation.judging import Manner

VALUE_TOLERANCE, LIMIT_TOLERANCE = 0.002, 0.005
"""How far a figure and the limits of its interval may differ: scores move by up to 1e-3 from one CPU to another."""
_LEEWAY = 1.1
"""Pictures that may cross a threshold, in figures that jump when one does; a tenth more because figures are rounded."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A figure the card states otherwise.

    Attributes:
        where: tier, scope and figure, such as `web/sources/dfdc/auc`.
        stated: by the card; None where it does not state it.
        found: in the pixels; None where there is none.
    """

    where: str
    stated: Any
    found: Any

    def to_dict(self) -> dict[str, Any]:
        """The wire form."""
        return {"figure": self.where, "stated": self.stated, "found": self.found}


def stated_settings(metrics: Mapping[str, Any], tiers: Sequence[str]) -> tuple[Manner, list[str]]:
    """How the card's figures were made.

    Args:
        metrics: the card's.
        tiers: those to check.

    Returns:
        The manner, and those of the tiers the card states figures of.

    Raises:
        BadModelFile: the card states no figures of these tiers.
    """
    known = [tier for tier in tiers if tier in metrics.get("tiers", {})]
    if not known:
        raise BadModelFile(f"the model's card states no figures of {', '.join(tiers)} that could be checked")
    manner = metrics.get("manner", {})
    return Manner(bool(manner.get("whole_picture", False)), bool(manner.get("stability", True))), known


def stated_pictures(metrics: Mapping[str, Any], dataset: Dataset) -> Dataset:
    """The pictures the card's figures were made from.

    Args:
        metrics: the card's.
        dataset: what the user gave; the splits the card names are taken from it.

    Raises:
        DatasetError: they are other pictures.
    """
    stated = metrics.get("dataset", {})
    splits = [None if split == "unsplit" else split for split in stated.get("splits", [])]
    chosen = dataset.where(split=splits)
    if stated.get("sha256") != chosen.sha256:
        raise DatasetError(
            f"the card's figures were made from {stated.get('pictures')} pictures of {stated.get('name')} "
            f"(sha256 {str(stated.get('sha256'))[:12]}…), not from these {len(chosen)} (sha256 {chosen.sha256[:12]}…)"
        )
    return chosen


def contradictions(stated: Mapping[str, Any], found: Mapping[str, Any], tiers: Sequence[str]) -> list[Contradiction]:
    """Every figure that differs.

    Args:
        stated: the card's metrics.
        found: `Evaluation.to_dict()` of the same pictures, judged in the same manner.
        tiers: those to compare.
    """
    counted = (each.get("dataset", {}).get("pictures") for each in (stated, found))
    compared = [_Pair("dataset/pictures", *counted)]
    for tier in tiers:
        compared += _pairs(stated["tiers"].get(tier), found["tiers"].get(tier), tier)
    return [Contradiction(each.where, each.told, each.seen) for each in compared if not _agree(each)]


@dataclass(frozen=True, slots=True)
class _Pair:
    """Both sides of a figure at a path, and how far the figure jumps when one picture crosses a threshold."""

    where: str
    told: Any
    seen: Any
    jump: float = 0.0


def _pairs(told: Any, seen: Any, where: str, jump: float = 0.0) -> Iterator[_Pair]:
    """Every figure of two trees."""
    if isinstance(told, Mapping) and isinstance(seen, Mapping):
        for key in dict.fromkeys((*told, *seen)):
            yield from _pairs(told.get(key), seen.get(key), f"{where}/{key}", _jump(key, seen))
    else:
        yield _Pair(where, told, seen, jump)


def _jump(name: str, scope: Mapping[str, Any]) -> float:
    """What one picture is of those that a figure of a scope rests on; 0 for figures that follow the scores."""
    real, fake = scope.get("n_real", 0), scope.get("n_fake", 0)
    sure = (scope.get("coverage") or [0])[0] * (real + fake)
    counts = {
        **dict.fromkeys(("accuracy", "coverage", "ece"), real + fake),
        "sure_accuracy": sure,
        "false_alarms": real,
        "misses": fake,
        "tpr_at_1pct_fpr": min(real, fake),
    }
    return 1 / counts[name] if counts.get(name) else 0.0


def _agree(pair: _Pair) -> bool:
    """Whether two figures are the same: counts exactly, `[value, low, high]` within the tolerances.

    Of a share, one picture more or less is within them, and for its limits, which rest on it, two.
    """
    told, seen = pair.told, pair.seen
    if not (isinstance(told, list) and isinstance(seen, list) and len(told) == len(seen) == 3):
        return bool(told == seen)
    value = max(VALUE_TOLERANCE, _LEEWAY * pair.jump)
    limit = max(LIMIT_TOLERANCE, 2 * _LEEWAY * pair.jump)
    return all(map(_close, told, seen, (value, limit, limit)))


def _close(told: Any, seen: Any, tolerance: float) -> bool:
    if not (isinstance(told, int | float) and isinstance(seen, int | float)):
        return bool(told == seen)
    return abs(told - seen) <= tolerance
