"""Hosts, origins, API keys and rate limits."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web.server_process import Server
from unmask.web.access_control import LOCAL_OWNER, RateLimiter
from unmask.web.errors import RateLimited


def test_a_bucket_is_refilled_evenly_up_to_its_size() -> None:
    limiter = RateLimiter(60)
    limiter.acquire("desk", 60, now=0.0)
    with pytest.raises(RateLimited):
        limiter.acquire("desk", 1, now=0.5)
    limiter.acquire("desk", 10, now=10.0)
    with pytest.raises(RateLimited):
        limiter.acquire("desk", 61, now=9999.0)
    limiter.acquire("other", 60, now=0.0)


def test_a_job_larger_than_the_bucket_is_accepted_and_delays_the_next_request() -> None:
    limiter = RateLimiter(60)
    for number in range(150):
        limiter.acquire("desk", 1, begun=number > 0, now=0.0)
    with pytest.raises(RateLimited):
        limiter.acquire("desk", 1, now=90.0)
    limiter.acquire("desk", 1, now=91.0)


@pytest.mark.parametrize(("per_minute", "owner"), [(0, "desk"), (1, LOCAL_OWNER)])
def test_without_a_limit_or_a_key_nothing_is_counted(per_minute: int, owner: str) -> None:
    RateLimiter(per_minute).acquire(owner, 1000)


def test_a_loopback_server_rejects_other_host_names(server: Server) -> None:
    assert server.client.get("/v1/server", headers={"Host": "evil.example"}).status_code == 403
    assert server.client.get("/v1/server", headers={"Host": f"localhost:{server.port}"}).status_code == 200


def test_a_page_of_another_origin_is_rejected(server: Server, photo: bytes) -> None:
    answer = server.detect(("me.jpg", photo), headers={"Origin": "https://evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert server.detect(("me.jpg", photo), headers={"Origin": server.url}).status_code == 200


def test_a_page_of_another_origin_can_be_allowed(strict_server: Server, photo: bytes) -> None:
    origin = {"Origin": "https://front.example"}
    asked = {**origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    assert (
        strict_server.client.options("/predict", headers=asked).headers["access-control-allow-origin"]
        == origin["Origin"]
    )
    answer = strict_server.client.post("/predict", files={"files": ("a.jpg", photo)}, headers=origin)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, origin["Origin"])
    other = {**asked, "Origin": "https://other.example"}
    for rejected in (
        strict_server.detect(("a.jpg", photo), headers=other),
        strict_server.client.options("/predict", headers=other),
    ):
        assert (rejected.status_code, rejected.json()["code"]) == (403, "forbidden")
        assert rejected.headers["content-type"] == "application/problem+json"
        assert "access-control-allow-origin" not in rejected.headers


@pytest.mark.integration
def test_keys_are_required_and_each_key_has_its_own_history(tmp_path: Path, photo: bytes) -> None:
    with Server(tmp_path, "--require-key", "yes", "--rate-limit", "5") as server:
        first, second = ({"Authorization": f"Bearer {server.key(name)}"} for name in ("first", "second"))
        rejected = server.detect(("me.jpg", photo))
        assert (rejected.status_code, rejected.headers["www-authenticate"]) == (401, 'Bearer realm="unmask"')
        for path in ("/v1/history", "/v1/models", "/metrics", "/v1/examples"):
            assert server.client.get(path).status_code == 401
        for path in ("/", "/healthz", "/readyz", "/static/js/app.js"):
            assert server.client.get(path).status_code == 200
        assert server.detect(("me.jpg", photo), headers={"Authorization": "Bearer wrong"}).status_code == 401
        found = server.detect(("me.jpg", photo), headers=first).json()["results"][0]
        assert server.client.get("/v1/history", headers=first).json()["total"] == 1
        assert server.client.get("/v1/history", headers=second).json()["total"] == 0
        assert server.client.delete(f"/v1/history/{found['id']}", headers=second).status_code == 404
        limited = server.detect(*((f"{n}.jpg", photo) for n in range(5)), headers=first)
        assert (limited.status_code, limited.json()["code"]) == (429, "rate_limited")
        assert int(limited.headers["retry-after"]) > 0
        assert server.detect(("me.jpg", photo), headers={"X-API-Key": second["Authorization"][7:]}).status_code == 200
        job = server.client.post("/v1/jobs", files=[("files", (f"{n}.jpg", photo)) for n in range(8)], headers=second)
        assert job.status_code == 202, "a job may be larger than the limit and delays the next request"
        assert server.detect(("me.jpg", photo), headers=second).status_code == 429
        server.command("--revoke-key", "first")
        assert server.client.get("/v1/history", headers=first).status_code == 401
        assert server.command("--keys").startswith("second ")
        assert "unmask_" not in server.log.read_text().replace("unmask_key", "")
