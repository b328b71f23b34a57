"""API keys: shown once when they are made, stored as digests."""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from unmask.errors import UsageError
from unmask.web.store.tables import KeyRow

PREFIX = "unmask_"


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def add(session: Session, name: str) -> str:
    """Create a key of 256 random bits.

    Args:
        session: database session.
        name: name of the key, 1 to 64 characters.

    Raises:
        UsageError: the name exists, is empty or too long.
    """
    if not 0 < len(name) <= 64:
        raise UsageError("a key's name has 1 to 64 characters")
    if session.scalar(select(KeyRow).where(KeyRow.name == name)):
        raise UsageError(f"there is a key named {name!r} already; revoke it first, or choose another name")
    key = PREFIX + secrets.token_urlsafe(32)
    session.add(KeyRow(name=name, digest=_digest(key)))
    return key


def owner_of(session: Session, key: str) -> str | None:
    """The owner of a key: its id, so that a new key of a revoked name does not inherit its history; None if invalid."""
    return session.scalar(select(KeyRow.id).where(KeyRow.digest == _digest(key)))


def list_keys(session: Session) -> list[tuple[str, str]]:
    """Name and date of creation of every key, oldest first."""
    rows = session.scalars(select(KeyRow).order_by(KeyRow.id))
    return [(row.name, row.created.date().isoformat()) for row in rows]


def revoke(session: Session, name: str) -> None:
    """Delete a key.

    Raises:
        UsageError: there is no key of that name.
    """
    row = session.scalar(select(KeyRow).where(KeyRow.name == name))
    if row is None:
        raise UsageError(f"there is no key named {name!r}; `unmask serve --keys` lists them")
    session.delete(row)
