"""Jobs and their items: accept, claim, finish, count."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from unmask.verdict import Failure, Finding
from unmask.web.errors import NotFound
from unmask.web.store import history, job_webhooks
from unmask.web.store.tables import ItemRow, JobRow, now

WAITING, RUNNING, DONE, CANCELLED = "waiting", "running", "done", "cancelled"
OPEN = (WAITING, RUNNING)
MAX_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class JobItem:
    """One picture of a new job.

    Attributes:
        name: the file name.
        failure: why the bytes were rejected; None if they are in the spool.
    """

    name: str
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """An item that this server has claimed."""

    job_id: str
    position: int
    name: str
    owner: str
    options: dict[str, Any]
    attempts: int

    @property
    def exhausted(self) -> bool:
        """Whether the server crashed in every allowed attempt."""
        return self.attempts > MAX_ATTEMPTS


def accept(
    session: Session,
    job_id: str,
    owner: str,
    node: str,
    items: Sequence[JobItem],
    options: dict[str, Any],
    *,
    announce: bool = False,
) -> dict[str, Any]:
    """Store a job whose bytes are in the spool of `node`; `announce` adds a webhook if nothing is left to judge."""
    pending = any(item.failure is None for item in items)
    state, finished = (WAITING, None) if pending else (DONE, now())
    session.add(JobRow(id=job_id, owner=owner, node=node, state=state, finished=finished, options=options))
    session.flush()
    session.add_all(_row(job_id, position, item) for position, item in enumerate(items))
    if announce and not pending:
        job_webhooks.add(session, job_id)
    session.flush()
    return summary(session, owner, job_id)


def _row(job_id: str, position: int, item: JobItem) -> ItemRow:
    if item.failure is None:
        return ItemRow(job_id=job_id, position=position, name=item.name, state=WAITING)
    body = Finding(item.name, item.failure).to_dict()
    return ItemRow(job_id=job_id, position=position, name=item.name, state=DONE, body=body)


def find(session: Session, owner: str, job_id: str) -> JobRow:
    """Find one job.

    Raises:
        NotFound: there is no such job, or it belongs to another owner.
    """
    row = session.get(JobRow, job_id)
    if row is None or row.owner != owner:
        raise NotFound("no such job")
    return row


def summary(session: Session, owner: str, job_id: str) -> dict[str, Any]:
    """A job with the counts of its items.

    Raises:
        NotFound: there is no such job, or it belongs to another owner.
    """
    return _counts(session, find(session, owner, job_id))


def _counts(session: Session, job: JobRow) -> dict[str, Any]:
    counted = session.execute(
        select(ItemRow.state, func.count()).where(ItemRow.job_id == job.id).group_by(ItemRow.state)
    )
    counts = {str(state): int(number) for state, number in counted}
    return {
        "id": job.id,
        "created": job.created.isoformat(),
        "finished": job.finished.isoformat() if job.finished else None,
        "state": job.state,
        "total": sum(counts.values()),
        "done": counts.get(DONE, 0),
        "cancelled": counts.get(CANCELLED, 0),
    }


def listing(session: Session, owner: str, limit: int) -> list[dict[str, Any]]:
    """The newest jobs of an owner, with their counts."""
    rows = session.scalars(select(JobRow).where(JobRow.owner == owner).order_by(JobRow.id.desc()).limit(limit)).all()
    return [_counts(session, row) for row in rows]


def results(session: Session, owner: str, job_id: str, after: int, limit: int) -> dict[str, Any]:
    """A job with its findings from position `after` on, and the position `next` of the following page.

    Raises:
        NotFound: there is no such job, or it belongs to another owner.
    """
    counts = summary(session, owner, job_id)
    query = select(ItemRow).where(ItemRow.job_id == job_id, ItemRow.position >= after, ItemRow.state == DONE)
    rows = session.scalars(query.order_by(ItemRow.position).limit(limit + 1)).all()
    found = [{"position": row.position, "id": row.verdict_id, **(row.body or {})} for row in rows[:limit]]
    return {**counts, "results": found, "next": rows[limit].position if len(rows) > limit else None}


def cancel(session: Session, owner: str, job_id: str, *, announce: bool = False) -> dict[str, Any]:
    """Cancel the unfinished items of a job; its findings stay. `announce` adds a webhook.

    Raises:
        NotFound: there is no such job, or it belongs to another owner.
    """
    job = find(session, owner, job_id)
    waiting = and_(ItemRow.job_id == job_id, ItemRow.state.in_(OPEN))
    session.execute(update(ItemRow).where(waiting).values(state=CANCELLED))
    if job.state in OPEN:
        job.state, job.finished = CANCELLED, now()
        if announce:
            job_webhooks.add(session, job_id)
    session.flush()
    return _counts(session, job)


def claim(session: Session, node: str, run_id: str, seconds: float) -> Claim | None:
    """Claim the next item of a node that is waiting, was begun by an earlier run, or has an expired lease.

    Args:
        session: database session.
        node: id of the spool that has the bytes.
        run_id: id of this start of the server.
        seconds: duration of the lease in seconds.
    """
    moment = time.time()
    abandoned = and_(ItemRow.state == RUNNING, or_(ItemRow.run != run_id, ItemRow.lease < moment))
    query = (
        select(ItemRow, JobRow)
        .join(JobRow, JobRow.id == ItemRow.job_id)
        .where(JobRow.node == node, or_(ItemRow.state == WAITING, abandoned))
        .order_by(ItemRow.job_id, ItemRow.position)
        .limit(1)
        .with_for_update(of=ItemRow, skip_locked=True)
    )
    found = session.execute(query).first()
    if found is None:
        return None
    item, job = found
    item.state, item.run, item.lease = RUNNING, run_id, moment + seconds
    item.attempts += 1
    if job.state == WAITING:
        job.state = RUNNING
    return Claim(item.job_id, item.position, item.name, job.owner, job.options, item.attempts)


def finish(
    session: Session,
    claim: Claim,
    finding: Finding,
    *,
    kept: bool,
    more: Mapping[str, Any] | None = None,
    announce: bool = False,
) -> bool:
    """Store the finding of an item once; returns whether all items of the job are finished.

    Args:
        session: database session.
        claim: the item.
        finding: its finding.
        kept: whether the file is kept.
        more: fields beside those of the finding, for the job only.
        announce: add a webhook if this ends the job.
    """
    job = session.get(JobRow, claim.job_id, with_for_update=True)
    mine = and_(ItemRow.job_id == claim.job_id, ItemRow.position == claim.position)
    item = session.scalar(select(ItemRow).where(mine, ItemRow.state == RUNNING).with_for_update())
    if item is not None:
        item.state, item.body = DONE, {**finding.to_dict(), **(more or {})}
        item.verdict_id = history.add(session, claim.owner, [finding], kept=kept)[0]
        session.flush()
    left = session.scalar(
        select(ItemRow.position).where(ItemRow.job_id == claim.job_id, ItemRow.state.in_(OPEN)).limit(1)
    )
    if left is None and job is not None and job.state in OPEN:
        job.state, job.finished = DONE, now()
        if announce:
            job_webhooks.add(session, job.id)
    return left is None


def open_ids(session: Session, node: str) -> set[str]:
    """Ids of the unfinished jobs of a node."""
    return set(session.scalars(select(JobRow.id).where(JobRow.node == node, JobRow.state.in_(OPEN))))


def delete_all(session: Session, before: datetime) -> int:
    """Delete finished jobs created before a time; returns their number."""
    old = session.scalars(select(JobRow.id).where(JobRow.created < before, JobRow.state.not_in(OPEN))).all()
    session.execute(delete(JobRow).where(JobRow.id.in_(old)))
    return len(old)
