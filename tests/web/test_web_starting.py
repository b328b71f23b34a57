"""What keeps the server from starting is said in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web.serving import Server, environment


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
