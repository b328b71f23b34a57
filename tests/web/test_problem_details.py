"""Error responses."""

from __future__ import annotations

import pytest

from tests.web.server_process import Server


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nothing", 404), ("PUT", "/v1/detect", 405), ("GET", "/v1/history/zz", 422)]
)
def test_every_error_is_a_problem(server: Server, method: str, path: str, status: int) -> None:
    answer = server.client.request(method, path)
    assert answer.status_code == answer.json()["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"]
