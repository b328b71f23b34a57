"""`unmask serve`: errors before the start, readiness, shutdown, and its options."""

from __future__ import annotations

import subprocess
import sys
import time
from inspect import signature
from pathlib import Path
from typing import get_args, get_type_hints

import httpx
import pytest

from tests.conftest import Run
from tests.web.server_process import START_SECONDS, Server, environment
from unmask.cli import serve_options
from unmask.cli.serve import run
from unmask.web.settings import table

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        (["--model", "nonsense"], 2, "no such model"),
        (["--database-url", "nonsense"], 2, "database_url"),
        (["--trust", "no.pem"], 2, "not a readable PEM file"),
        (["--host", "203.0.113.1"], 2, "cannot listen"),
        (["--tls-cert", "no.pem", "--tls-key", "no.key"], 2, "no such file"),
    ],
)
def test_a_startup_error_is_one_line_without_a_traceback(
    run_process: Run, tmp_path: Path, flags: list[str], code: int, words: str
) -> None:
    result = run_process("serve", *flags, env=environment(tmp_path))
    lines = [line for line in result.stderr.splitlines() if "no API key exists" not in line]
    assert (result.returncode, len(lines)) == (code, 1)
    assert words in lines[0]


def test_a_port_in_use_is_an_error(run_process: Run, server: Server, tmp_path: Path) -> None:
    result = run_process("serve", "--port", server.port, env=environment(tmp_path))
    assert result.returncode == 2
    assert "choose another" in result.stderr


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_port_opens_when_the_model_is_loaded_and_an_idle_server_stops_quickly(tmp_path: Path, workers: str) -> None:
    starting = Server(tmp_path, "--workers", workers)
    assert first_response(starting).json() == {"status": "ready"}
    with starting:
        assert starting.client.get("/healthz").is_success, "an open connection does not delay the shutdown"
        assert starting.stop() < 10


def first_response(server: Server) -> httpx.Response:
    """The response to the first connection that the server accepts."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            return httpx.get(f"{server.url}/readyz", timeout=START_SECONDS)
        except httpx.ConnectError:
            time.sleep(0.05)
    raise AssertionError(f"the server took no connection:\n{server.log.read_text()}")


def test_the_options_of_the_command_are_the_settings() -> None:
    options = {
        name: get_args(hint)
        for name, hint in get_type_hints(run, include_extras=True).items()
        if hint in vars(serve_options).values()
    }
    assert list(options) == [row.name for row in table()]
    for row in table():
        kind, option = options[row.name]
        names = f"{row.flag}/--no-{row.flag[2:]}" if row.kind is bool else ...
        assert kind == (str if row.kind is tuple else row.kind) | None
        assert (option.default, option.help) == (names, f"{row.description} [{row.variable}]")
        assert option.show_default == (row.shown_default or False)
        assert signature(run).parameters[row.name].default is None


def test_the_command_loads_no_heavy_library() -> None:
    heavy = ("fastapi", "sqlalchemy", "onnxruntime", "unmask.web")
    program = f"import sys, unmask.cli.serve; print([name for name in {heavy!r} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_processes_of_a_killed_server_stop(tmp_path: Path) -> None:
    with Server(tmp_path, "--workers", "2") as server:
        server.wait()
        server.kill()
        deadline = time.monotonic() + 30
        while server.log.read_text().count("the parent process was killed") < 2 or _answers(server.url):
            assert time.monotonic() < deadline, server.log.read_text()
            time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=5).is_success
    except httpx.TransportError:
        return False
