"""Migrates the tables of a database to the current version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Engine
    from sqlalchemy.engine import Connection

LOCK = 7_255_161_022
"""Number of the PostgreSQL advisory lock that limits migration to one process at a time."""


def configuration() -> Config:
    """The Alembic configuration with the migrations of this package."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "unmask.web.store:migrations")
    return config


def upgrade(engine: Engine) -> None:
    """Apply all missing migrations. Several processes may call this at the same time."""
    from alembic import command

    config = configuration()
    with engine.execution_options(unmask_writes=True).begin() as connection:
        _lock(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _lock(connection: Connection) -> None:
    """Lock out other processes until the transaction ends. On SQLite the write lock of the transaction is enough."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": LOCK})
