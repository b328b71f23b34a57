"""What keeps the server from starting is said in one line; what starts is ready at once, and stops when told to."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest

from tests.web.server_process import STARTING, Server, environment


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        (["--model", "nonsense"], 2, "no such model"),
        (["--database-url", "nonsense"], 2, "database_url"),
        (["--trust", "no.pem"], 2, "no readable PEM file"),
        (["--host", "203.0.113.1"], 2, "cannot listen"),
        (["--tls-cert", "no.pem", "--tls-key", "no.key"], 2, "no such file"),
    ],
)
def test_one_line_and_no_traceback(unmask, tmp_path: Path, flags: list[str], code: int, words: str) -> None:  # type: ignore[no-untyped-def]
    result = unmask("serve", *flags, env=environment(tmp_path))
    said = [line for line in result.stderr.splitlines() if "no API key yet" not in line]
    assert (result.returncode, len(said)) == (code, 1)
    assert words in said[0]


def test_a_taken_port_is_said(unmask, server: Server, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    result = unmask("serve", "--port", server.port, env=environment(tmp_path))
    assert result.returncode == 2
    assert "choose another" in result.stderr


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_port_opens_when_the_model_is_loaded_and_an_idle_server_stops_soon(tmp_path: Path, workers: str) -> None:
    starting = Server(tmp_path, "--workers", workers)
    assert first_answer(starting).json() == {"status": "ready"}
    with starting:
        assert starting.client.get("/healthz").is_success, "a connection that stays open does not hold it up"
        assert starting.stop() < 10


def first_answer(server: Server) -> httpx.Response:
    """What the first connection that the server takes is told."""
    deadline = time.monotonic() + STARTING
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            return httpx.get(f"{server.url}/readyz", timeout=STARTING)
        except httpx.ConnectError:
            time.sleep(0.05)
    raise AssertionError(f"the server took no connection:\n{server.log.read_text()}")
