"""Opens the database and runs work in it: SQLite in WAL mode, or whatever the URL names."""

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
    """A database with a few threads of its own, so that no query holds up the event loop."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writing = engine.execution_options(unmask_writes=True)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="store")

    @classmethod
    def open(cls, url: str) -> Store:
        """Open the database and bring its tables up to date.

        Raises:
            UsageError: no such database or driver, or it does not answer.
        """
        try:
            engine = _engine(url)
            upgrade(engine)
        except (ArgumentError, NoSuchModuleError, ImportError) as error:
            raise UsageError(f"database_url: {_first_line(error)}") from None
        except OperationalError as error:
            raise UsageError(f"the database does not answer: {_first_line(error.orig or error)}") from None
        return cls(engine)

    def read(
        self, work: Callable[Concatenate[Session, Parameters], Result], *args: Parameters.args, **kw: Parameters.kwargs
    ) -> Result:
        """Run `work(session, …)` in a transaction that only reads."""
        with Session(self.engine) as session, session.begin():
            return work(session, *args, **kw)

    def write(
        self, work: Callable[Concatenate[Session, Parameters], Result], *args: Parameters.args, **kw: Parameters.kwargs
    ) -> Result:
        """Run `work(session, …)` in a transaction; it is on disk when this returns."""
        with Session(self._writing) as session, session.begin():
            return work(session, *args, **kw)

    async def aread(
        self, work: Callable[Concatenate[Session, Parameters], Result], *args: Parameters.args, **kw: Parameters.kwargs
    ) -> Result:
        """`read` beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: self.read(work, *args, **kw))

    async def awrite(
        self, work: Callable[Concatenate[Session, Parameters], Result], *args: Parameters.args, **kw: Parameters.kwargs
    ) -> Result:
        """`write` beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: self.write(work, *args, **kw))

    def ping(self) -> bool:
        """Whether the database answers."""
        try:
            with self.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except OperationalError:
            return False
        return True

    async def aping(self) -> bool:
        """`ping` beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self.ping)

    def close(self) -> None:
        """Finish what runs and close all connections."""
        self._pool.shutdown(wait=True)
        self.engine.dispose()


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _engine(url: str) -> Engine:
    """An engine for the URL; plain `postgresql://` and `postgres://` mean psycopg 3."""
    parsed = make_url(url)
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_size=THREADS, max_overflow=2, pool_pre_ping=True)
    if parsed.database:
        _private(Path(parsed.database))
    engine = create_engine(parsed, pool_size=THREADS, max_overflow=2, connect_args={"timeout": 30})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _private(file: Path) -> None:
    """Make the database file readable by its owner only, before anything is in it.

    Raises:
        UsageError: the folder cannot be written to.
    """
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{file}: cannot be written ({error.strerror})") from None


def _set_up_sqlite(connection: Any, _: object) -> None:
    """Readers beside a writer, deletes that reach dependants, and transactions begun by `_begin_sqlite` alone."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes its lock at once, and so waits for it instead of failing half-way."""
    writes = connection.get_execution_options().get("unmask_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
