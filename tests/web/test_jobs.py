"""Jobs through the API, on SQLite and PostgreSQL."""

from __future__ import annotations

import io
import json
import time
from typing import Any

import httpx
from PIL import Image

from tests.web.server_process import Server


def begin_job(database_server: Server, *files: tuple[str, bytes]) -> httpx.Response:
    return database_server.client.post("/v1/jobs?stability=false", files=[("files", file) for file in files])


def wait_for_job(database_server: Server, job: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        job_results: dict[str, Any] = database_server.client.get(f"/v1/jobs/{job}").json()
        if job_results["state"] not in ("waiting", "running"):
            return job_results
        time.sleep(0.1)
    raise AssertionError("the job did not end")


def test_a_job_returns_findings_in_the_order_sent(database_server: Server, photo: bytes) -> None:
    files = [("a.jpg", photo), ("b.jpg", b"no picture"), *((f"{number}.jpg", photo) for number in range(18))]
    answer = begin_job(database_server, *files)
    assert answer.status_code == 202
    found = wait_for_job(database_server, answer.headers["location"].rsplit("/", 1)[1])
    assert (found["state"], found["total"], found["done"]) == ("done", 20, 20)
    assert [entry["path"] for entry in found["results"]] == [name for name, _ in files]
    assert found["results"][1]["problem"]["code"] == "not_an_image"
    assert database_server.client.get("/v1/history").json()["total"] == 19
    assert [path for path in (database_server.data / "spool").rglob("*") if path.is_file()] == [
        database_server.data / "spool" / "node"
    ]


def test_deletion_from_the_history_removes_the_finding_of_a_job(database_server: Server, photo: bytes) -> None:
    names = ["private.jpg", "other.jpg", "third.jpg"]
    job = begin_job(database_server, *((name, photo) for name in names)).json()["id"]
    first, second, _ = wait_for_job(database_server, job)["results"]
    database_server.client.delete(f"/v1/history/{first['id']}")
    found = wait_for_job(database_server, job)
    assert (found["state"], found["total"], found["done"]) == ("done", 3, 3)
    assert [entry.get("label") for entry in found["results"]] == [None, second["label"], second["label"]]
    assert found["results"][0]["problem"]["code"] == "deleted"
    assert (found["results"][0]["id"], found["results"][1]) == (None, second)
    database_server.client.delete("/v1/history")
    text = database_server.client.get(f"/v1/jobs/{job}").text
    assert text.count('"deleted"') == 3
    assert [word for word in (*names, first["sha256"]) if word in text] == []


def test_results_are_returned_in_pages(database_server: Server, photo: bytes) -> None:
    job = begin_job(database_server, *((f"{number}.jpg", photo) for number in range(5))).json()["id"]
    wait_for_job(database_server, job)
    first = database_server.client.get(f"/v1/jobs/{job}?limit=2").json()
    second = database_server.client.get(f"/v1/jobs/{job}", params={"after": first["next"]}).json()
    assert [entry["path"] for entry in first["results"] + second["results"]] == [f"{number}.jpg" for number in range(5)]


def test_events_report_progress_and_the_end(database_server: Server, photo: bytes) -> None:
    job = begin_job(database_server, *((f"{number}.jpg", photo) for number in range(4))).json()["id"]
    with database_server.client.stream("GET", f"/v1/jobs/{job}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in stream.iter_lines() if line]
    done = [json.loads(line.removeprefix("data: "))["done"] for line in lines if line.startswith("data: ")]
    assert done == sorted(done)
    assert (lines[-2], done[-1]) == ("event: end", 4)


def test_a_cancelled_job_keeps_its_findings(database_server: Server, crowd: Image.Image) -> None:
    crowd.save(file := io.BytesIO(), "JPEG")
    job = begin_job(database_server, *((f"{number}.jpg", file.getvalue()) for number in range(100))).json()["id"]
    cancelled = database_server.client.delete(f"/v1/jobs/{job}").json()
    assert cancelled.get("state") == "cancelled", cancelled
    time.sleep(1)
    found = database_server.client.get(f"/v1/jobs/{job}").json()
    assert found["done"] + found["cancelled"] == 100
    assert found["cancelled"] > 0
    assert len(found["results"]) == found["done"]


def test_a_job_of_broken_pictures_ends(database_server: Server) -> None:
    found = wait_for_job(database_server, begin_job(database_server, ("a.jpg", b"x"), ("b.jpg", b"")).json()["id"])
    assert [entry["problem"]["code"] for entry in found["results"]] == ["not_an_image", "empty_file"]


def test_unknown_jobs_are_not_found(database_server: Server) -> None:
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/events")):
        assert database_server.client.request(method, f"/v1/jobs/{'0' * 30}{path}").status_code == 404
