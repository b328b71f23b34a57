"""The rule of `--fail-on` and `--fail-above`: which findings make a command exit with 3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from unmask.cli.options import FailOn
from unmask.errors import UsageError
from unmask.verdict import Finding


@dataclass(frozen=True, slots=True)
class FailureRule:
    """Which findings fail a check.

    Attributes:
        outcomes: labels, and `failure` for pictures that cannot be judged.
        above: `probability_fake` from which a picture fails, whatever its label; None for no such limit.
    """

    outcomes: frozenset[FailOn] = frozenset()
    above: float | None = None

    @classmethod
    def from_options(cls, fail_on: Sequence[FailOn] | None, above: float | None) -> FailureRule:
        """The rule that the options state.

        Raises:
            UsageError: the probability is not between 0 and 1.
        """
        if above is not None and not 0 < above < 1:
            raise UsageError(f"--fail-above {above:g}: is not between 0 and 1; give a probability, such as 0.98")
        return cls(frozenset(fail_on or ()), above)

    def __bool__(self) -> bool:
        return bool(self.outcomes) or self.above is not None

    def fails(self, finding: Finding) -> bool:
        """Whether a finding fails the check."""
        verdict = finding.verdict
        if verdict is None:
            return FailOn.FAILURE in self.outcomes
        if str(verdict.label) in {str(each) for each in self.outcomes}:
            return True
        return self.above is not None and verdict.probability_fake is not None and verdict.probability_fake > self.above
