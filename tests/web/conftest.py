"""One server for all tests that only ask it things; those that stop or burden it start their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.postgres import Postgres, find
from tests.web.serving import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server with default settings."""
    with Server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="session")
def photo(astronaut: Path) -> bytes:
    """The bytes of a picture with a face."""
    return astronaut.read_bytes()


@pytest.fixture(scope="session")
def postgres_or_none(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres | None]:
    """A PostgreSQL server, where the system has one installed."""
    if find("initdb") is None:
        yield None
        return
    running = Postgres(tmp_path_factory.mktemp("postgres"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def postgres(postgres_or_none: Postgres | None) -> Postgres:
    """A PostgreSQL server; tests that need one are skipped where there is none."""
    if postgres_or_none is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    return postgres_or_none
