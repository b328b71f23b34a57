"""What a run over several pictures comes to: the counts and the exit code."""

from __future__ import annotations

from dataclasses import dataclass

from unmask.verdict import Finding, Label

NOTHING_JUDGED, FAKE_FOUND, SOME_FAILED = 1, 3, 4


@dataclass(slots=True)
class Outcome:
    """Counts what was found.

    Attributes:
        judged: pictures with a verdict.
        failed: pictures with a problem.
        fakes: pictures labelled `fake`.
    """

    judged: int = 0
    failed: int = 0
    fakes: int = 0

    def add(self, finding: Finding) -> None:
        """Count one finding."""
        if finding.verdict is None:
            self.failed += 1
            return
        self.judged += 1
        self.fakes += finding.verdict.label is Label.FAKE

    def exit_code(self, *, fail_on_fake: bool) -> int:
        """The exit code these counts stand for."""
        if self.fakes and fail_on_fake:
            return FAKE_FOUND
        if not self.failed:
            return 0
        return SOME_FAILED if self.judged else NOTHING_JUDGED
