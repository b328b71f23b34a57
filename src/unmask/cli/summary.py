"""What a run over several pictures comes to: the counts and the exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from unmask.verdict import Finding, Label

if TYPE_CHECKING:
    from unmask.evaluation import Judgements

NOTHING_JUDGED, FAKE_FOUND, SOME_FAILED = 1, 3, 4
INTERRUPTED = 130


def exit_code_of(judgements: Iterable[Judgements]) -> int:
    """The exit code of an evaluation: whether pictures could be judged at all, and whether all could."""
    pairs = [(each.problems, len(each.results)) for each in judgements]
    failed, pictures = (sum(counts) for counts in zip(*pairs, strict=True))
    if failed == pictures:
        return NOTHING_JUDGED
    return SOME_FAILED if failed else 0


@dataclass(slots=True)
class Summary:
    """Counts what was found.

    Attributes:
        labels: pictures by their label.
        failed: pictures with a problem.
    """

    labels: Counter[Label] = field(default_factory=Counter)
    failed: int = 0

    def add(self, finding: Finding) -> None:
        """Count one finding."""
        if finding.verdict is None:
            self.failed += 1
        else:
            self.labels[finding.verdict.label] += 1

    @property
    def total(self) -> int:
        """How many findings were counted."""
        return self.labels.total() + self.failed

    def __str__(self) -> str:
        """The counts in words."""
        words = [f"{self.labels[label]:,} {label.replace('_', ' ')}" for label in Label]
        return ", ".join([*words, f"{self.failed:,} problem{'' if self.failed == 1 else 's'}"])

    def exit_code(self, *, fail_on_fake: bool) -> int:
        """The exit code these counts stand for."""
        if self.labels[Label.FAKE] and fail_on_fake:
            return FAKE_FOUND
        if not self.failed:
            return 0
        return SOME_FAILED if self.labels else NOTHING_JUDGED
