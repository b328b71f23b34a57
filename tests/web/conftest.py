"""One server for all tests that only ask it things; those that stop or burden it start their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.postgres import Postgres, find
from tests.web.server_process import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server with default settings, and the default model with them."""
    with Server(tmp_path_factory.mktemp("server"), UNMASK_MODEL="default") as running:
        yield running


@pytest.fixture(scope="session")
def photo(astronaut: Path) -> bytes:
    """The bytes of a picture with a face."""
    return astronaut.read_bytes()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server; tests that need one are skipped where there is none."""
    if find("initdb") is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    running = Postgres()
    yield running
    running.stop()
