"""The rules of a promotion, from a TOML file."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from unmask.errors import UsageError


@dataclass(frozen=True, slots=True)
class PromotionRules:
    """Limits that a candidate must keep; a negative limit disables its rule.

    Attributes:
        auc_loss: AUC that the candidate may lose in a subset: all pictures, a source, a kind.
        false_alarm_increase: increase of the share of real pictures labeled fake, in a subset.
        miss_increase: increase of the share of fakes labeled real, in a subset.
        coverage_loss: loss of the share of pictures with a sure label, over all pictures.
        brier_increase: increase of the Brier score, over all pictures.
        ece: calibration error of the candidate, over all pictures.
        false_alarms_per_10000: real pictures labeled fake by the candidate, of 10,000, over all pictures.
        slowdown: time of the candidate relative to the current model.
        size_ratio: file size of the candidate relative to the current model.
        min_groups: independent pictures of a class that a subset needs to be judged.
        gain: AUC that the candidate must win, by source or kind.
    """

    auc_loss: float = 0.03
    false_alarm_increase: float = 0.02
    miss_increase: float = 0.05
    coverage_loss: float = 0.1
    brier_increase: float = 0.02
    ece: float = 0.1
    false_alarms_per_10000: float = 500.0
    slowdown: float = 1.5
    size_ratio: float = 2.0
    min_groups: int = 20
    gain: dict[str, float] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path | None) -> PromotionRules:
        """The rules of a TOML file with the table `rules` and, optionally, `gain`; the defaults if `path` is None.

        Raises:
            UsageError: the file cannot be read, or a key or value is invalid.
        """
        if path is None:
            return cls()
        try:
            content = tomllib.loads(path.read_text("utf-8-sig"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise UsageError(f"{path}: cannot be read as rules ({error})") from None
        if unknown := sorted(set(content) - {"rules", "gain"}):
            raise UsageError(f"{path}: unknown table {unknown[0]!r}; use [rules] and [gain]")
        return cls._checked(path, content.get("rules", {}), content.get("gain", {}))

    @classmethod
    def _checked(cls, path: Path, limits: dict[str, Any], gain: dict[str, Any]) -> PromotionRules:
        known = {each.name for each in fields(cls)} - {"gain"}
        for name, value in limits.items():
            if name not in known:
                raise UsageError(f"{path}: unknown rule {name!r}; the rules are {', '.join(sorted(known))}")
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise UsageError(f"{path}: {name} is {value!r}; give a number")
        for name, value in gain.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
                raise UsageError(f"{path}: gain of {name} is {value!r}; give a number between 0 and 1")
        return cls(**limits, gain=dict(gain))

    def to_dict(self) -> dict[str, Any]:
        """The rules as plain values."""
        return asdict(self)
