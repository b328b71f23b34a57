"""`/readyz` and `/metrics`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.web.event_loop import run_in_new_loop
from tests.web.server_process import Server
from unmask.doctor import CheckResult
from unmask.web import startup_checks
from unmask.web.app import create_app
from unmask.web.settings import Settings


def test_the_metrics_are_counted(server: Server, photo: bytes) -> None:
    server.detect(("me.jpg", photo))
    text = server.client.get("/metrics").text
    for name in (
        "unmask_requests_total",
        "unmask_request_seconds",
        "unmask_verdicts_total",
        "unmask_probability_fake",
        "unmask_queue",
    ):
        assert name in text


@pytest.mark.parametrize(("ok", "status", "code"), [(True, 200, None), (None, 200, None), (False, 503, "installation")])
def test_readiness_includes_the_checks_of_the_doctor_which_run_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, quick_model: Path, ok: bool | None, status: int, code: str | None
) -> None:
    calls = []

    def required_checks() -> Iterator[CheckResult]:
        calls.append(1)
        yield CheckResult("self-test", ok, "the scores differ")

    monkeypatch.setattr(startup_checks, "required_checks", required_checks)
    app = create_app(Settings(model=str(quick_model), data_dir=str(tmp_path)))

    async def ask_three_times() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport) as client:
            return [await client.get("http://127.0.0.1/readyz") for _ in range(3)]

    answers = run_in_new_loop(ask_three_times())
    assert {(answer.status_code, answer.json().get("code")) for answer in answers} == {(status, code)}
    assert code is None or answers[0].json()["detail"] == "self-test: the scores differ"
    assert len(calls) == 1
