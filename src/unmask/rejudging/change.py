"""The difference between an earlier finding and the new one for the same path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from unmask.verdict import Finding, Label, Verdict

SAME_SCORE = 0.02
"""Largest change of a probability that alone does not explain another label."""


class Cause(StrEnum):
    """Why a result differs."""

    FILE = "the file has other bytes"
    FAILURE = "the picture could be judged in one of the runs only"
    FACES = "other faces were found"
    THRESHOLDS = "the thresholds differ"
    STABILITY = "the stability under re-encoding differs"
    SCORE = "the model gives another score"
    NONE = "unchanged"


@dataclass(frozen=True, slots=True)
class Change:
    """An earlier finding and the new one.

    Attributes:
        before, after: the findings; their paths are equal.
        cause: why they differ.
    """

    before: Finding
    after: Finding
    cause: Cause

    @property
    def shift(self) -> float:
        """Change of `probability_fake`; 0 if one of the results has none."""
        old, new = _probability(self.before), _probability(self.after)
        return 0.0 if old is None or new is None else new - old

    @property
    def relabeled(self) -> bool:
        """Whether the label, or whether there is a label, differs."""
        return label_of(self.before) != label_of(self.after)

    @property
    def rank(self) -> tuple[int, float, str]:
        """Sort key: changes between `real` and `fake` first, then other labels, then by the size of the shift."""
        labels = {label_of(self.before), label_of(self.after)}
        reversal = labels == {Label.REAL, Label.FAKE}
        return (0 if reversal else 1 if self.relabeled else 2, -abs(self.shift), self.before.path)

    def to_dict(self) -> dict[str, Any]:
        """The change in plain JSON values."""
        return {
            "path": self.before.path,
            "from": label_of(self.before),
            "to": label_of(self.after),
            "probability_before": _probability(self.before),
            "probability_after": _probability(self.after),
            "shift": self.shift,
            "cause": self.cause.name.lower(),
            "reason": str(self.cause),
            "model_before": _model(self.before),
            "model_after": _model(self.after),
        }


def compare_results(before: Iterable[Finding], after: Mapping[str, Finding]) -> list[Change]:
    """The changes of all findings that have a new one, largest first.

    Args:
        before: earlier findings.
        after: new findings by path.
    """
    changes = [Change(old, after[old.path], _cause(old, after[old.path])) for old in before if old.path in after]
    return sorted(changes, key=lambda change: change.rank)


def label_of(finding: Finding) -> str:
    """The label, or `problem` for a failure."""
    return str(finding.verdict.label) if finding.verdict else "problem"


def _cause(old: Finding, new: Finding) -> Cause:
    if old.verdict is None or new.verdict is None:
        return Cause.NONE if old.verdict is new.verdict else Cause.FAILURE
    return _verdict_cause(old.verdict, new.verdict)


def _verdict_cause(old: Verdict, new: Verdict) -> Cause:
    """The cause of the difference between two verdicts."""
    if old.sha256 != new.sha256:
        return Cause.FILE
    if old.probability_fake is None or new.probability_fake is None or len(old.faces) != len(new.faces):
        return Cause.NONE if old.probability_fake == new.probability_fake else Cause.FACES
    if abs(new.probability_fake - old.probability_fake) > SAME_SCORE:
        return Cause.SCORE
    if old.label != new.label and old.thresholds != new.thresholds:
        return Cause.THRESHOLDS
    if old.label != new.label:
        return Cause.STABILITY
    return Cause.NONE if old.probability_fake == new.probability_fake else Cause.SCORE


def _probability(finding: Finding) -> float | None:
    return finding.verdict.probability_fake if finding.verdict else None


def _model(finding: Finding) -> str:
    if finding.verdict is None:
        return ""
    model = finding.verdict.model
    return f"{model.name} {model.version} ({model.sha256[:12]})"
