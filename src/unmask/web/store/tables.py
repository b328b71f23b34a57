"""The tables. A change here needs a migration; a test compares tables and migrations."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Float, ForeignKey, Index, MetaData, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def new_id() -> str:
    """A public id of 30 hexadecimal digits: sortable by time, with 64 random bits."""
    return f"{time.time_ns() // 1000:014x}{secrets.token_hex(8)}"


def now() -> datetime:
    """The current time in UTC."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """A time in UTC, also in databases without time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Add the time zone to a stored time."""
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Base(DeclarativeBase):
    """Base class of the tables."""

    metadata = MetaData(naming_convention=NAMES)


class VerdictRow(Base):
    """One verdict: the wire form in `body`, and the fields of queries in columns of their own."""

    __tablename__ = "verdicts"

    id: Mapped[str] = mapped_column(String(30), primary_key=True, default=new_id)
    created: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)
    owner: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    label: Mapped[str] = mapped_column(String(16))
    probability_fake: Mapped[float | None] = mapped_column(Float)
    model_sha256: Mapped[str] = mapped_column(String(64))
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    kept: Mapped[bool] = mapped_column(default=False)
    feedback: Mapped[list[FeedbackRow]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="FeedbackRow.id", lazy="selectin"
    )
    reviews: Mapped[list[ReviewRow]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="ReviewRow.id"
    )

    __table_args__ = (Index(None, "owner", "id"),)


class FeedbackRow(Base):
    """The true label of a judged picture, as a person reports it."""

    __tablename__ = "feedback"

    id: Mapped[str] = mapped_column(String(30), primary_key=True, default=new_id)
    verdict_id: Mapped[str] = mapped_column(ForeignKey("verdicts.id", ondelete="CASCADE"), index=True)
    created: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    truth: Mapped[str] = mapped_column(String(8))
    comment: Mapped[str] = mapped_column(Text, default="")


class ReviewRow(Base):
    """The decision of a reviewer on a judged picture. `owner` is the API key, `reviewer` the name that was given."""

    __tablename__ = "reviews"

    id: Mapped[str] = mapped_column(String(30), primary_key=True, default=new_id)
    verdict_id: Mapped[str] = mapped_column(ForeignKey("verdicts.id", ondelete="CASCADE"), index=True)
    created: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    owner: Mapped[str] = mapped_column(String(64))
    reviewer: Mapped[str] = mapped_column(String(64))
    choice: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(16), default="")


class ShadowRow(Base):
    """The results of the active model and of a shadow candidate on one picture. They are compared and never shown."""

    __tablename__ = "shadow_verdicts"

    id: Mapped[str] = mapped_column(String(30), primary_key=True, default=new_id)
    created: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)
    active_sha256: Mapped[str] = mapped_column(String(64))
    active_label: Mapped[str] = mapped_column(String(16))
    active_probability: Mapped[float | None] = mapped_column(Float)
    candidate_sha256: Mapped[str] = mapped_column(String(64), index=True)
    candidate_label: Mapped[str] = mapped_column(String(16))
    candidate_probability: Mapped[float | None] = mapped_column(Float)


class JobRow(Base):
    """An accepted job. `node` is the machine whose spool has the bytes."""

    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(String(30), primary_key=True)
    created: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)
    finished: Mapped[datetime | None] = mapped_column(UtcDateTime)
    owner: Mapped[str] = mapped_column(String(64))
    node: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    options: Mapped[dict[str, Any]] = mapped_column("question", JSON)

    __table_args__ = (Index(None, "owner", "id"),)


class ItemRow(Base):
    """One picture of a job. `run` is the start of the server that works on it, `lease` the time until which it may."""

    __tablename__ = "items"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    state: Mapped[str] = mapped_column(String(16))
    run: Mapped[str] = mapped_column(String(32), default="")
    lease: Mapped[float] = mapped_column(Float, default=0.0)
    attempts: Mapped[int] = mapped_column(default=0)
    verdict_id: Mapped[str | None] = mapped_column(String(30), index=True)
    body: Mapped[dict[str, Any] | None] = mapped_column(JSON)

    __table_args__ = (Index(None, "state", "job_id"),)


class JobWebhookRow(Base):
    """The webhook that announces an ended job. `due` is the time of the next attempt."""

    __tablename__ = "job_webhooks"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    message_id: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(default=0)
    due: Mapped[float] = mapped_column(Float)

    __table_args__ = (Index(None, "state", "due"),)


class KeyRow(Base):
    """An API key. Only its SHA-256 is stored; keys have 256 random bits, so a digest without salt is safe."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(30), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
