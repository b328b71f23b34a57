"""The review queue of the history, and the decisions of reviewers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from unmask.review import Agreement, Decision, Reason, agreements, review_reason
from unmask.verdict import Verdict
from unmask.web.store import history
from unmask.web.store.tables import ReviewRow, VerdictRow

MAX_SEARCHED = 5000
"""Newest kept pictures among which the queue is searched."""


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """One picture of the queue.

    Attributes:
        row: its verdict in the database, in the wire form.
        verdict: the same as an object.
        reason: why it is in the queue.
        agreement: the decisions on it; None if there are none.
    """

    row: dict[str, Any]
    verdict: Verdict
    reason: Reason
    agreement: Agreement | None

    def is_open(self, reviewer: str) -> bool:
        """Whether a decision of this reviewer is needed."""
        if self.agreement is None:
            return True
        decided = any(decision.reviewer == reviewer for decision in self.agreement.decisions)
        return not decided and (not self.agreement.complete or self.agreement.disagreed)

    def to_dict(self) -> dict[str, Any]:
        """The wire form: the entry of the history, with the reason and the decisions."""
        decisions = self.agreement.decisions if self.agreement else ()
        return {
            **self.row,
            "reason_for_review": str(self.reason),
            "decisions": [
                {"choice": each.choice, "kind": each.kind, "reviewer": each.reviewer, "created": each.created}
                for each in decisions
            ],
        }


def queue_entries(session: Session, control: float, *, owner: str | None = None, needed: int = 1) -> list[QueueEntry]:
    """The kept pictures that people should look at, most urgent first; each picture once.

    Args:
        session: database session.
        control: share of the control sample.
        owner: owner of the verdicts; None for all.
        needed: number of reviewers that must agree.
    """
    query = select(VerdictRow).where(VerdictRow.kept).options(selectinload(VerdictRow.reviews))
    if owner is not None:
        query = query.where(VerdictRow.owner == owner)
    rows = session.scalars(query.order_by(VerdictRow.id.desc()).limit(MAX_SEARCHED)).all()
    entries = {row.sha256: entry for row in rows for entry in _entries(row, control, needed)}
    order = list(Reason)
    return sorted(entries.values(), key=lambda entry: (order.index(entry.reason), entry.verdict.sha256))


def _entries(row: VerdictRow, control: float, needed: int) -> Iterator[QueueEntry]:
    verdict = Verdict.from_dict(row.body)
    reason = review_reason(verdict, [entry.truth for entry in row.feedback], control)
    if reason:
        found = agreements((_decision(each, row.sha256) for each in row.reviews), needed)
        yield QueueEntry(history.to_dict(row), verdict, reason, found.get(verdict.sha256))


def decisions(session: Session) -> list[Decision]:
    """All decisions of all owners, oldest first."""
    rows = session.execute(select(ReviewRow, VerdictRow.sha256).join(VerdictRow).order_by(ReviewRow.id))
    return [_decision(row, sha256) for row, sha256 in rows]


def add(session: Session, owner: str, verdict_id: str, decision: Decision) -> None:
    """Store a decision.

    Raises:
        NotFound: there is no such verdict, or it belongs to another owner.
    """
    row = history.find(session, owner, verdict_id)
    reviewer = decision.reviewer or owner
    row.reviews.append(ReviewRow(owner=owner, reviewer=reviewer, choice=decision.choice, kind=decision.kind))


def _decision(row: ReviewRow, sha256: str) -> Decision:
    created = row.created.isoformat(timespec="seconds")
    return Decision(sha256, row.choice, row.reviewer, row.kind, created)  # type: ignore[arg-type]
