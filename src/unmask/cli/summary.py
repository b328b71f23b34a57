"""Counts of findings, the line that sums them up, and the exit codes that follow from them."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from unmask.cli.exit_codes import FAKE_FOUND, NOTHING_JUDGED, SOME_FAILED
from unmask.cli.failure_rule import FailureRule
from unmask.verdict import Finding, Label, Verdict

if TYPE_CHECKING:
    from unmask.evaluation import Predictions


def evaluation_exit_code(predictions: Iterable[Predictions]) -> int:
    """The exit code of an evaluation: 1 if no picture could be judged, 4 if some could not, else 0."""
    pairs = [(each.failures, len(each.results)) for each in predictions]
    failed, pictures = (sum(counts) for counts in zip(*pairs, strict=True))
    if failed == pictures:
        return NOTHING_JUDGED
    return SOME_FAILED if failed else 0


@dataclass(slots=True)
class Summary:
    """Counts findings.

    Attributes:
        labels: number of pictures by label.
        failed: number of pictures without a verdict.
        leaning: number of `unsure` pictures whose score lies nearer to `fake`.
        rule: which findings make the command exit with 3.
        failing: number of those findings.
    """

    labels: Counter[Label] = field(default_factory=Counter)
    failed: int = 0
    leaning: int = 0
    rule: FailureRule = field(default_factory=FailureRule)
    failing: int = 0

    def add(self, finding: Finding) -> None:
        """Count one finding."""
        self.failing += self.rule.fails(finding)
        if finding.verdict is None:
            self.failed += 1
        else:
            self.labels[finding.verdict.label] += 1
            self.leaning += finding.verdict.label is Label.UNSURE and _leans_fake(finding.verdict)

    @property
    def total(self) -> int:
        """The number of findings."""
        return self.labels.total() + self.failed

    def __str__(self) -> str:
        """The counts in one line, such as "2 fake, 3 real, 4 unsure (1 leans fake), 1 no face, 0 problems"."""
        words = [f"{self.labels[label]:,} {label.replace('_', ' ')}" for label in Label]
        if self.leaning:
            words[list(Label).index(Label.UNSURE)] += f" ({self.leaning:,} lean{'s' * (self.leaning == 1)} fake)"
        return ", ".join([*words, f"{self.failed:,} problem{'' if self.failed == 1 else 's'}"])

    def exit_code(self) -> int:
        """The exit code of the command."""
        if self.failing:
            return FAKE_FOUND
        if not self.failed:
            return 0
        return SOME_FAILED if self.labels else NOTHING_JUDGED


def _leans_fake(verdict: Verdict) -> bool:
    from unmask.headline import HeadlineCode, make_headline

    return make_headline(verdict).code is HeadlineCode.LEANS_FAKE


def print_summary(
    summary: Summary, seconds: float, *, earlier: int = 0, out: Path | None = None, interrupted: bool = False
) -> None:
    """Print the counts, the rate and the output's path on stderr, and how to continue an interrupted scan.

    Args:
        summary: all counts.
        seconds: duration of this run.
        earlier: number of findings of earlier runs.
        out: the output's path; None for stdout.
        interrupted: whether a signal ended the scan.
    """
    new = summary.total - earlier
    rate = f"{new:,} in {seconds:.1f} s, {new / max(seconds, 1e-3):.1f}/s"
    before = f"; {earlier:,} done before" if earlier else ""
    where = f" → {out}" if out else ""
    sys.stderr.write(f"unmask: {summary} ({rate}{before}){where}\n")
    if interrupted:
        advice = "run the same command with --resume to continue" if out else "add --out to be able to continue a scan"
        sys.stderr.write(f"unmask: interrupted; {advice}\n")
