"""The review queue: which judged images people look at, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from unmask.verdict import Finding, Label, Verdict

CONTROL_SHARE = 0.05
"""Default share of the other verdicts that are reviewed as a random control sample."""
_OPPOSITE = {Label.FAKE: "real", Label.REAL: "fake"}


class Reason(StrEnum):
    """Why an image is in the queue, most urgent first."""

    DISPUTED = "disputed"
    UNSURE = "unsure"
    CONTROL = "control"


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """One image of the queue.

    Attributes:
        path: the file.
        verdict: the verdict on it.
        reason: why it is in the queue.
    """

    path: Path
    verdict: Verdict
    reason: Reason


def review_reason(verdict: Verdict, truths: Collection[str] = (), control: float = CONTROL_SHARE) -> Reason | None:
    """Why an image should be reviewed; None if it should not.

    Args:
        verdict: the verdict on the image.
        truths: labels that users reported, `real` or `fake`.
        control: share of the other verdicts in the control sample. The digest of the image decides, so the sample is
            the same at every call, and independent of the score.
    """
    if _OPPOSITE.get(verdict.label) in truths or len(set(truths)) > 1:
        return Reason.DISPUTED
    if verdict.label is Label.UNSURE:
        return Reason.UNSURE
    if verdict.label is not Label.NO_FACE and int(verdict.sha256[:8], 16) < control * 16**8:
        return Reason.CONTROL
    return None


def queue_from_findings(findings: Iterable[Finding], control: float = CONTROL_SHARE) -> list[ReviewItem]:
    """The queue of a scan: each image once, most urgent first, and within a reason by digest, which is random.

    Findings without a verdict, images inside archives and files that do not exist any more are left out.
    """
    items = {item.verdict.sha256: item for item in _items(findings, control)}
    order = list(Reason)
    return sorted(items.values(), key=lambda item: (order.index(item.reason), item.verdict.sha256))


def _items(findings: Iterable[Finding], control: float) -> Iterator[ReviewItem]:
    for finding in findings:
        verdict, path = finding.verdict, Path(finding.path)
        reason = review_reason(verdict, (), control) if verdict else None
        if verdict and reason and path.is_file():
            yield ReviewItem(path, verdict, reason)
