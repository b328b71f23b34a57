"""The outbox of webhooks: one row for each ended job, written in the transaction that ends the job."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from unmask.web.store.tables import JobRow, JobWebhookRow, KeyRow
from unmask.webhooks import new_message_id

WAITING, DELIVERED, FAILED = "waiting", "delivered", "failed"


@dataclass(frozen=True, slots=True)
class JobMessage:
    """A webhook that this server has claimed.

    Attributes:
        job_id: the ended job.
        message_id: id of the message, the same in all attempts.
        attempt: number of this attempt, from 1 on.
        owner: owner of the job.
        key: name of the owner's API key; None without a key, or if it was revoked.
    """

    job_id: str
    message_id: str
    attempt: int
    owner: str
    key: str | None


def add(session: Session, job_id: str) -> None:
    """Announce that a job ended."""
    session.add(JobWebhookRow(job_id=job_id, message_id=new_message_id(), state=WAITING, due=time.time()))


def claim(session: Session, lease: float) -> JobMessage | None:
    """Claim the next webhook that is due.

    Args:
        session: database session.
        lease: seconds after which another process may claim it, if this one does not settle it.
    """
    moment = time.time()
    query = (
        select(JobWebhookRow, JobRow.owner)
        .join(JobRow, JobRow.id == JobWebhookRow.job_id)
        .where(JobWebhookRow.state == WAITING, JobWebhookRow.due <= moment)
        .order_by(JobWebhookRow.due)
        .limit(1)
        .with_for_update(of=JobWebhookRow, skip_locked=True)
    )
    found = session.execute(query).first()
    if found is None:
        return None
    row, owner = found
    row.attempts, row.due = row.attempts + 1, moment + lease
    key = session.scalar(select(KeyRow.name).where(KeyRow.id == owner))
    return JobMessage(row.job_id, row.message_id, row.attempts, owner, key)


def settle(session: Session, message: JobMessage, state: str, delay: float = 0.0) -> None:
    """Store the result of an attempt.

    Args:
        session: database session.
        message: the webhook.
        state: `WAITING` to try again, `DELIVERED` or `FAILED`.
        delay: seconds until the next attempt.
    """
    row: Any = session.get(JobWebhookRow, message.job_id)
    if row is not None:  # the job may be deleted
        row.state, row.due = state, time.time() + delay
