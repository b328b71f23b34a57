"""Fixtures of the web tests: one shared server, a picture, and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.postgres import Postgres, find
from tests.web.quick_model import write_quick_model
from tests.web.server_process import Server
from unmask import Detector


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server with default settings and the default model, shared by tests that do not stop or overload it."""
    with Server(tmp_path_factory.mktemp("server"), UNMASK_MODEL="default") as running:
        yield running


@pytest.fixture(scope="session")
def photo(astronaut: Path) -> bytes:
    """The bytes of a picture with a face."""
    return astronaut.read_bytes()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server; tests that need it are skipped if PostgreSQL is not installed."""
    if find("initdb") is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    running = Postgres()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def quick_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a model that needs almost no time."""
    return write_quick_model(tmp_path_factory.mktemp("model") / "quick.onnx")


@pytest.fixture(scope="session")
def quick_detector(quick_model: Path) -> Detector:
    """A detector with the tiny model."""
    return Detector.load(quick_model, threads=1)


@pytest.fixture(scope="session")
def quick_server(quick_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server with the tiny model."""
    with Server(tmp_path_factory.mktemp("quick"), "--model", str(quick_model)) as running:
        yield running


@pytest.fixture(scope="session")
def strict_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server with low limits, which allows pages of one other origin."""
    limits = ("--max-file-mb", "1", "--max-megapixels", "20", "--upload-timeout", "2")
    origins = ("--cors-origins", "https://front.example")
    with Server(tmp_path_factory.mktemp("strict"), *limits, *origins) as running:
        yield running


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def _database_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp(request.param)
    variables = {}
    if request.param == "postgresql":
        variables["UNMASK_DATABASE_URL"] = request.getfixturevalue("postgres").url("storing")
    with Server(folder, "--keep-images", **variables) as running:
        yield running


@pytest.fixture
def database_server(_database_server: Server) -> Server:
    """A running server with an empty history, on each kind of database."""
    _database_server.client.delete("/v1/history")
    return _database_server
