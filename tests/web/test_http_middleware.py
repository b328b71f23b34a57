"""HEAD requests, compressed bodies, and the path prefix of a proxy."""

from __future__ import annotations

import gzip
import socket
import warnings
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from tests.web.event_loop import run_in_new_loop
from tests.web.pictures import png
from tests.web.server_process import Server
from unmask.web.app import create_app
from unmask.web.http_middleware import HeadMiddleware
from unmask.web.settings import Settings

STATIC = ("/", "/docs", "/openapi.json", "/static/js/app.js", "/static/css/page.css", "/static/nothing", "/nothing")
VARYING = ("date", "x-request-id", "content-length")


def stable_headers(response: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name not in VARYING}


def test_head_equals_get_without_the_body_on_every_path(quick_server: Server) -> None:
    description = quick_server.client.get("/openapi.json").json()
    described = [path for path, operations in description["paths"].items() if "get" in operations]
    for path in (*STATIC, *described, "/v1/examples/astronaut.jpg"):
        get, head = (quick_server.client.request(method, path) for method in ("GET", "HEAD"))
        assert (head.status_code, head.content) == (get.status_code, b""), path
        assert stable_headers(head) == stable_headers(get), path
        if path not in ("/metrics", "/v1/history"):
            assert head.headers["content-length"] == get.headers["content-length"], path


def test_head_is_allowed_where_get_is(quick_server: Server) -> None:
    rejected = quick_server.client.put("/healthz")
    assert (rejected.status_code, rejected.headers["allow"]) == (405, "GET, HEAD")
    rejected = quick_server.client.head("/v1/detect")
    assert (rejected.status_code, rejected.headers["allow"], rejected.content) == (405, "POST", b"")


def test_head_is_logged_with_its_route(quick_server: Server) -> None:
    quick_server.client.head("/healthz")
    assert 'unmask_requests_total{method="HEAD",route="/healthz",status="200"}' in (
        quick_server.client.get("/metrics").text
    )


def test_head_ends_a_stream_without_an_end() -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b"x"

    async def endless(_: Request) -> StreamingResponse:
        return StreamingResponse(chunks())

    app = HeadMiddleware(Starlette(routes=[Route("/", endless)]))

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            return await client.head("http://127.0.0.1/")

    answer = run_in_new_loop(ask())
    assert (answer.status_code, answer.content, sent) == (200, b"", 1)


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate, gzip"])
def test_a_compressed_body_is_a_problem_that_names_the_remedy(quick_server: Server, encoding: str) -> None:
    for path, kind in (("/v1/detect", "image/png"), ("/v1/feedback", "application/json")):
        headers = {"Content-Encoding": encoding, "Content-Type": kind}
        answer = quick_server.client.post(path, content=gzip.compress(png()), headers=headers)
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (415, "unsupported_encoding")
        assert problem["detail"] == (
            f"request bodies with Content-Encoding: {encoding} are not accepted; send the bytes uncompressed"
        )
        assert answer.headers["accept-encoding"] == "identity"


def test_the_encoding_identity_is_accepted(quick_server: Server) -> None:
    answer = quick_server.client.post("/v1/detect", content=png(), headers={"Content-Encoding": "identity"})
    assert answer.status_code == 200


@pytest.mark.parametrize("root_path", ["/unmask", "unmask/"])
def test_a_prefix_works_whether_or_not_the_proxy_removes_it(tmp_path: Path, quick_model: Path, root_path: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        app = create_app(Settings(model=str(quick_model), data_dir=str(tmp_path), root_path=root_path))

    async def ask() -> dict[str, httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport) as client:
            paths = ("/", "/docs", "/healthz", "/static/js/app.js", "/v1/server", "/openapi.json")
            both = [prefix + path for path in paths for prefix in ("", "/unmask")]
            found = {path: await client.get(f"http://127.0.0.1{path}") for path in (*both, "/unmasked", "/nothing")}
            found["job"] = await client.post("http://127.0.0.1/v1/jobs", files={"files": ("a.png", png())})
            return found

    answers = run_in_new_loop(ask())
    missing = {path for path, answer in answers.items() if answer.status_code == 404}
    assert missing == {"/unmasked", "/nothing"}
    assert answers["job"].headers["location"].startswith("/unmask/v1/jobs/")
    assert answers["/openapi.json"].json()["servers"] == [{"url": "/unmask"}]


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.integration
@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 loopback")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_server_listens_on_the_ipv6_loopback(tmp_path: Path, quick_model: Path, workers: str) -> None:
    flags = ("--host", "::1", "--workers", workers, "--root-path", "/unmask", "--model", str(quick_model))
    with Server(tmp_path, *flags, host="[::1]") as server:
        assert server.detect(("a.png", png())).json()["results"][0]["label"] == "no_face"
        assert server.client.get("/v1/server", headers={"Host": "evil.example"}).status_code == 403
        log = server.log.read_text()
        assert f"listening on http://[::1]:{server.port}" in log
        assert "Deprecat" not in log
