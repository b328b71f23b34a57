"""The database: SQLite in WAL mode, or any database that SQLAlchemy supports."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import Session

from unmask.errors import UsageError
from unmask.web.store.migrate import upgrade

THREADS = 4
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class Store:
    """A database with its own threads, so that no query blocks the event loop."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._write_engine = engine.execution_options(unmask_writes=True)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="store")

    @classmethod
    def open(cls, url: str) -> Store:
        """Open the database and bring its tables up to date.

        Raises:
            UsageError: the URL, the driver or the folder is invalid, or the database does not respond.
        """
        try:
            engine = _create_engine(url)
            upgrade(engine)
        except (ArgumentError, NoSuchModuleError, ImportError) as error:
            raise UsageError(f"database_url: {_first_line(error)}") from None
        except OperationalError as error:
            raise UsageError(f"the database does not respond: {_first_line(error.orig or error)}") from None
        return cls(engine)

    def read(
        self, work: Callable[Concatenate[Session, Parameters], Result], *args: Parameters.args, **kw: Parameters.kwargs
    ) -> Result:
        """Run `work(session, …)` in a read-only transaction."""
        with Session(self.engine) as session, session.begin():
            return work(session, *args, **kw)

    def write(
        self, work: Callable[Concatenate[Session, Parameters], Result], *args: Parameters.args, **kw: Parameters.kwargs
    ) -> Result:
        """Run `work(session, …)` in a transaction, which is committed before this returns."""
        with Session(self._write_engine) as session, session.begin():
            return work(session, *args, **kw)

    async def aread(
        self, work: Callable[Concatenate[Session, Parameters], Result], *args: Parameters.args, **kw: Parameters.kwargs
    ) -> Result:
        """Run `read` in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: self.read(work, *args, **kw))

    async def awrite(
        self, work: Callable[Concatenate[Session, Parameters], Result], *args: Parameters.args, **kw: Parameters.kwargs
    ) -> Result:
        """Run `write` in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: self.write(work, *args, **kw))

    def ping(self) -> bool:
        """Whether the database responds."""
        try:
            with self.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except OperationalError:
            return False
        return True

    async def aping(self) -> bool:
        """Run `ping` in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self.ping)

    def close(self) -> None:
        """Finish the running work and close all connections."""
        self._pool.shutdown(wait=True)
        self.engine.dispose()


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _create_engine(url: str) -> Engine:
    """The engine for a URL; `postgresql://` and `postgres://` select psycopg 3."""
    parsed = make_url(url)
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_size=THREADS, max_overflow=2, pool_pre_ping=True)
    if parsed.database:
        _create_private_file(Path(parsed.database))
    engine = create_engine(parsed, pool_size=THREADS, max_overflow=2, connect_args={"timeout": 30})
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _create_private_file(file: Path) -> None:
    """Create the database file, readable by its owner only.

    Raises:
        UsageError: the folder cannot be written.
    """
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{file}: cannot be written ({error.strerror})") from None


def _configure_sqlite(connection: Any, _: object) -> None:
    """Enable WAL and foreign keys, and leave the start of transactions to `_begin_sqlite`."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """Begin a transaction. A writer takes the write lock at once, so that it waits instead of failing later."""
    writes = connection.get_execution_options().get("unmask_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
