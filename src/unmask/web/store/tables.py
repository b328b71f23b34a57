"""The tables. A change here needs a migration beside it; a test compares the two."""

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
    """A public id: 30 hexadecimal digits, unguessable, and later ones sort after earlier ones."""
    return f"{time.time_ns() // 1000:014x}{secrets.token_hex(8)}"


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """A time in UTC, also where the database keeps no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """A stored time with its zone."""
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Base(DeclarativeBase):
    """Root of the tables."""

    metadata = MetaData(naming_convention=NAMES)


class VerdictRow(Base):
    """One judged picture: the verdict in the wire form, and what is searched for in columns of its own."""

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

    __table_args__ = (Index(None, "owner", "id"),)


class FeedbackRow(Base):
    """What a person says a judged picture really is."""

    __tablename__ = "feedback"

    id: Mapped[str] = mapped_column(String(30), primary_key=True, default=new_id)
    verdict_id: Mapped[str] = mapped_column(ForeignKey("verdicts.id", ondelete="CASCADE"), index=True)
    created: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    truth: Mapped[str] = mapped_column(String(8))
    comment: Mapped[str] = mapped_column(Text, default="")


class JobRow(Base):
    """A batch that was accepted. `node` is the machine whose spool has the bytes."""

    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(String(30), primary_key=True)
    created: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)
    finished: Mapped[datetime | None] = mapped_column(UtcDateTime)
    owner: Mapped[str] = mapped_column(String(64))
    node: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    question: Mapped[dict[str, Any]] = mapped_column(JSON)

    __table_args__ = (Index(None, "owner", "id"),)


class ItemRow(Base):
    """One picture of a job. `run` and `lease` say which start of the server works on it, and for how long."""

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


class KeyRow(Base):
    """An API key. Only its digest is kept; keys are long and random, so a plain SHA-256 cannot be searched back."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(30), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
