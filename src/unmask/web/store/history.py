"""Verdicts and feedback: remember, list, delete."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from unmask.verdict import Failure, Finding, Verdict
from unmask.web.errors import NotFound
from unmask.web.store.tables import FeedbackRow, ItemRow, VerdictRow, new_id

DELETED = Finding("", Failure("deleted", "this verdict was deleted from the history"))
"""What a job says of a picture whose verdict was deleted."""


def remember(session: Session, owner: str, findings: Sequence[Finding], *, kept: bool = False) -> list[str | None]:
    """Store the verdicts among the findings; their ids, None for a problem."""
    ids: list[str | None] = []
    for finding in findings:
        row = _row(owner, finding.result, kept) if isinstance(finding.result, Verdict) else None
        if row is not None:
            session.add(row)
        ids.append(row.id if row is not None else None)
    return ids


def _row(owner: str, verdict: Verdict, kept: bool) -> VerdictRow:
    return VerdictRow(
        id=new_id(),
        owner=owner,
        sha256=verdict.sha256,
        label=str(verdict.label),
        probability_fake=verdict.probability_fake,
        model_sha256=verdict.model.sha256,
        body=verdict.to_dict(),
        kept=kept,
    )


def to_dict(row: VerdictRow) -> dict[str, Any]:
    """A remembered verdict: the wire form, with its id, time and feedback."""
    feedback = [
        {"truth": said.truth, "comment": said.comment, "created": said.created.isoformat()} for said in row.feedback
    ]
    return {"id": row.id, "created": row.created.isoformat(), **row.body, "kept": row.kept, "feedback": feedback}


def page(session: Session, owner: str, limit: int, before: str | None, label: str | None) -> dict[str, Any]:
    """The newest verdicts of an owner, those before an id, of one label; `next` is where the following page begins."""
    query = select(VerdictRow).where(VerdictRow.owner == owner)
    if label:
        query = query.where(VerdictRow.label == label)
    total = session.scalar(select(func.count()).select_from(query.subquery()))
    if before:
        query = query.where(VerdictRow.id < before)
    rows = session.scalars(query.order_by(VerdictRow.id.desc()).limit(limit + 1)).all()
    more = rows[limit - 1].id if len(rows) > limit else None
    return {"items": [to_dict(row) for row in rows[:limit]], "total": total, "next": more}


def find(session: Session, owner: str, verdict_id: str) -> VerdictRow:
    """One verdict.

    Raises:
        NotFound: no such verdict, or another owner's.
    """
    row = session.get(VerdictRow, verdict_id)
    if row is None or row.owner != owner:
        raise NotFound("no such verdict in the history")
    return row


def one(session: Session, owner: str, verdict_id: str) -> dict[str, Any]:
    """`find`, in the wire form."""
    return to_dict(find(session, owner, verdict_id))


def forget(session: Session, owner: str, verdict_id: str) -> list[str]:
    """Delete one verdict; the digests of kept pictures that nothing refers to any more.

    Raises:
        NotFound: no such verdict, or another owner's.
    """
    row = find(session, owner, verdict_id)
    digests = [row.sha256] if row.kept else []
    _leave_jobs(session, VerdictRow.id == verdict_id)
    session.delete(row)
    session.flush()
    return _orphans(session, digests)


def forget_all(session: Session, owner: str | None, before: datetime | None = None) -> tuple[int, list[str]]:
    """Delete the verdicts of an owner (of all for None) from before a time; how many, and pictures like `forget`."""
    rules = []
    if owner is not None:
        rules.append(VerdictRow.owner == owner)
    if before is not None:
        rules.append(VerdictRow.created < before)
    digests = session.scalars(select(VerdictRow.sha256).where(VerdictRow.kept, *rules).distinct()).all()
    count = session.scalar(select(func.count()).select_from(VerdictRow).where(*rules)) or 0
    _leave_jobs(session, *rules)
    session.execute(delete(VerdictRow).where(*rules))
    return count, _orphans(session, digests)


def _leave_jobs(session: Session, *rules: ColumnElement[bool]) -> None:
    """Take name and verdict of the pictures that match all rules out of the jobs that judged them."""
    gone = ItemRow.verdict_id.in_(select(VerdictRow.id).where(*rules))
    session.execute(update(ItemRow).where(gone).values(name="", body=DELETED.to_dict(), verdict_id=None))


def _orphans(session: Session, digests: Sequence[str]) -> list[str]:
    query = select(VerdictRow.sha256).where(VerdictRow.kept)
    return [digest for digest in digests if not session.scalar(query.where(VerdictRow.sha256 == digest).limit(1))]


def say(session: Session, owner: str, verdict_id: str, truth: str, comment: str) -> dict[str, Any]:
    """Store what a person says a picture really is; the verdict with all feedback.

    Raises:
        NotFound: no such verdict, or another owner's.
    """
    row = find(session, owner, verdict_id)
    row.feedback.append(FeedbackRow(truth=truth, comment=comment))
    session.flush()
    return to_dict(row)
