"""Server-sent events of `/v1/explain` and `/v1/report`."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx

from tests.web.server_process import Server

STREAM = {"Accept": "text/event-stream"}


def events(answer: httpx.Response) -> list[tuple[str, dict[str, Any]]]:
    """Name and data of each server-sent event."""
    found = []
    for block in answer.text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


def test_progress_events_come_before_the_result(quick_server: Server, photo: bytes) -> None:
    answer = quick_server.client.post(
        "/v1/explain?method=occlusion&faithfulness=true",
        files=[("files", ("a.jpg", b"no picture")), ("files", ("b.jpg", photo))],
        headers=STREAM,
        timeout=300,
    )
    assert answer.headers["content-type"].startswith("text/event-stream")
    *progress, (last, result) = events(answer)
    assert {name for name, _ in progress} == {"progress"}
    assert {entry["picture"] for _, entry in progress} == {1}
    for step in (1, 2):
        counts = [(entry["done"], entry["total"]) for _, entry in progress if entry["step"] == step]
        assert counts == sorted(counts)
        assert counts[-1][0] == counts[-1][1]
    assert last == "result"
    assert result["results"][0]["problem"]["code"] == "not_an_image"
    assert 0 <= result["results"][1]["faces"][0]["faithfulness"]["score"] <= 1


def test_a_stream_ends_with_a_problem_if_no_picture_succeeded(quick_server: Server) -> None:
    answer = quick_server.client.post("/v1/report?format=html", files={"files": ("a.jpg", b"?")}, headers=STREAM)
    [(name, problem)] = events(answer)
    assert (name, problem["status"], problem["code"]) == ("problem", 415, "not_an_image")


def test_a_closed_stream_leaves_the_queue(quick_server: Server, photo: bytes) -> None:
    path = f"{quick_server.url}/v1/report?format=html"
    with httpx.stream("POST", path, files={"files": ("a.jpg", photo)}, headers=STREAM, timeout=60) as stream:
        assert "progress" in next(stream.iter_lines())
    deadline = time.monotonic() + 60
    while "unmask_queue 0.0" not in quick_server.client.get("/metrics").text:
        assert time.monotonic() < deadline
        time.sleep(0.1)
