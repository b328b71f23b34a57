"""Stored verdicts and feedback: add, list, delete."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from unmask.verdict import Failure, Finding, Verdict
from unmask.web.errors import NotFound
from unmask.web.store.tables import FeedbackRow, ItemRow, VerdictRow, new_id

DELETED = Finding("", Failure("deleted", "this verdict was deleted from the history"))
"""The finding of a job item whose verdict was deleted."""


def add(session: Session, owner: str, findings: Sequence[Finding], *, kept: bool = False) -> list[str | None]:
    """Store the verdicts among the findings; returns an id for each verdict and None for each failure."""
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
    """A stored verdict in the wire form, with its id, time and feedback."""
    feedback = [
        {"truth": entry.truth, "comment": entry.comment, "created": entry.created.isoformat()} for entry in row.feedback
    ]
    return {"id": row.id, "created": row.created.isoformat(), **row.body, "kept": row.kept, "feedback": feedback}


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """Which verdicts to list; None selects all.

    Attributes:
        label: their label.
        name: text in the name of the picture, without regard to case.
        since, until: first and last moment of their creation, in UTC.
    """

    label: str | None = None
    name: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def rules(self) -> list[ColumnElement[bool]]:
        """The conditions on a row."""
        rules = []
        if self.label:
            rules.append(VerdictRow.label == self.label)
        if self.name:
            rules.append(VerdictRow.body["path"].as_string().icontains(self.name, autoescape=True))
        if self.since:
            rules.append(VerdictRow.created >= self.since)
        if self.until:
            rules.append(VerdictRow.created <= self.until)
        return rules


def list_page(session: Session, owner: str, limit: int, before: str | None, chosen: HistoryFilter) -> dict[str, Any]:
    """One page of an owner's verdicts, newest first.

    Args:
        session: database session.
        owner: owner of the verdicts.
        limit: number of verdicts on the page.
        before: `next` of the page before; None for the first page.
        chosen: which verdicts.
    """
    query = select(VerdictRow).where(VerdictRow.owner == owner, *chosen.rules())
    total = session.scalar(select(func.count()).select_from(query.subquery()))
    if before:
        query = query.where(VerdictRow.id < before)
    rows = session.scalars(query.order_by(VerdictRow.id.desc()).limit(limit + 1)).all()
    more = rows[limit - 1].id if len(rows) > limit else None
    return {"items": [to_dict(row) for row in rows[:limit]], "total": total, "next": more}


def kept_verdicts(session: Session) -> list[Verdict]:
    """The newest verdict on each kept picture of all owners, oldest picture first."""
    rows = session.scalars(select(VerdictRow).where(VerdictRow.kept).order_by(VerdictRow.id))
    return list({row.sha256: Verdict.from_dict(row.body) for row in rows}.values())


def dated_verdicts(session: Session, first_day: date) -> Iterator[tuple[date, dict[str, Any]]]:
    """Each picture of all owners once: the day on which it was first judged, and a verdict; oldest day first.

    Verdicts are those of one model, the newest on each picture: of the model with most pictures from `first_day` on.
    Verdicts of other models, such as second opinions, would differ by the model and not by the pictures.
    """
    begin = datetime.combine(first_day, datetime.min.time(), UTC)
    used = select(VerdictRow.model_sha256).where(VerdictRow.created >= begin).group_by(VerdictRow.model_sha256)
    model = session.scalar(used.order_by(func.count(VerdictRow.sha256.distinct()).desc()).limit(1))
    first = select(VerdictRow.sha256, func.min(VerdictRow.created).label("created")).group_by(VerdictRow.sha256)
    seen = first.subquery()
    newest = select(func.max(VerdictRow.id)).where(VerdictRow.model_sha256 == model).group_by(VerdictRow.sha256)
    query = select(seen.c.created, VerdictRow.body).join(seen, seen.c.sha256 == VerdictRow.sha256)
    for created, body in session.execute(query.where(VerdictRow.id.in_(newest)).order_by(seen.c.created)):
        yield created.date(), body


def newest_day(session: Session) -> date | None:
    """The day in UTC of the newest verdict of all owners; None if there is none."""
    created = session.scalar(select(func.max(VerdictRow.created)))
    return created.date() if created else None


def find(session: Session, owner: str, verdict_id: str) -> VerdictRow:
    """Find one verdict.

    Raises:
        NotFound: there is no such verdict, or it belongs to another owner.
    """
    row = session.get(VerdictRow, verdict_id)
    if row is None or row.owner != owner:
        raise NotFound("no such verdict in the history")
    return row


def get(session: Session, owner: str, verdict_id: str) -> dict[str, Any]:
    """One verdict in the wire form; see `find`."""
    return to_dict(find(session, owner, verdict_id))


def delete_one(session: Session, owner: str, verdict_id: str) -> list[str]:
    """Delete one verdict; returns the digests of kept pictures that no verdict refers to any more.

    Raises:
        NotFound: there is no such verdict, or it belongs to another owner.
    """
    row = find(session, owner, verdict_id)
    digests = [row.sha256] if row.kept else []
    _delete_from_jobs(session, VerdictRow.id == verdict_id)
    session.delete(row)
    session.flush()
    return _orphans(session, digests)


def delete_all(session: Session, owner: str | None, before: datetime | None = None) -> tuple[int, list[str]]:
    """Delete verdicts.

    Args:
        session: database session.
        owner: owner of the verdicts; None for all owners.
        before: time; only verdicts created before it. None for all.

    Returns:
        The number of deleted verdicts, and digests of pictures as `delete_one` returns them.
    """
    rules = []
    if owner is not None:
        rules.append(VerdictRow.owner == owner)
    if before is not None:
        rules.append(VerdictRow.created < before)
    digests = session.scalars(select(VerdictRow.sha256).where(VerdictRow.kept, *rules).distinct()).all()
    count = session.scalar(select(func.count()).select_from(VerdictRow).where(*rules)) or 0
    _delete_from_jobs(session, *rules)
    session.execute(delete(VerdictRow).where(*rules))
    return count, _orphans(session, digests)


def _delete_from_jobs(session: Session, *rules: ColumnElement[bool]) -> None:
    """Remove the file names and verdicts of matching pictures from their jobs."""
    gone = ItemRow.verdict_id.in_(select(VerdictRow.id).where(*rules))
    session.execute(update(ItemRow).where(gone).values(name="", body=DELETED.to_dict(), verdict_id=None))


def _orphans(session: Session, digests: Sequence[str]) -> list[str]:
    query = select(VerdictRow.sha256).where(VerdictRow.kept)
    return [digest for digest in digests if not session.scalar(query.where(VerdictRow.sha256 == digest).limit(1))]


def add_feedback(session: Session, owner: str, verdict_id: str, truth: str, comment: str) -> dict[str, Any]:
    """Store the true label of a picture; returns the verdict with all feedback.

    Raises:
        NotFound: there is no such verdict, or it belongs to another owner.
    """
    row = find(session, owner, verdict_id)
    row.feedback.append(FeedbackRow(truth=truth, comment=comment))
    session.flush()
    return to_dict(row)
