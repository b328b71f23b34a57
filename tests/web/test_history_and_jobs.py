"""History, feedback, jobs and keys through the real server, on SQLite and on PostgreSQL."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.web.server_process import Server


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a database of each kind."""
    folder = tmp_path_factory.mktemp(request.param)
    variables = {}
    if request.param == "postgresql":
        variables["UNMASK_DATABASE_URL"] = request.getfixturevalue("postgres").url("storing")
    with Server(folder, "--keep-images", **variables) as running:
        yield running


@pytest.fixture(autouse=True)
def _empty(server: Server) -> None:
    server.client.delete("/v1/history")


def judged(server: Server, photo: bytes, name: str = "me.jpg") -> dict[str, Any]:
    found: dict[str, Any] = server.detect((name, photo), params={"stability": False}).json()["results"][0]
    return found


def begin(server: Server, *files: tuple[str, bytes]) -> httpx.Response:
    return server.client.post("/v1/jobs?stability=false", files=[("files", file) for file in files])


def finished(server: Server, job: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found: dict[str, Any] = server.client.get(f"/v1/jobs/{job}").json()
        if found["state"] not in ("waiting", "running"):
            return found
        time.sleep(0.1)
    raise AssertionError("the job did not end")


def test_the_history_has_the_verdicts_newest_first_in_pages(server: Server, photo: bytes) -> None:
    ids = [judged(server, photo, f"{number}.jpg")["id"] for number in range(5)]
    first = server.client.get("/v1/history?limit=2").json()
    second = server.client.get("/v1/history", params={"limit": 3, "before": first["next"]}).json()
    assert [entry["id"] for entry in first["items"] + second["items"]] == ids[::-1]
    assert (first["total"], second["next"]) == (5, None)


def test_an_entry_is_the_wire_form_with_id_and_time(server: Server, photo: bytes) -> None:
    found = judged(server, photo)
    entry = server.client.get(f"/v1/history/{found['id']}").json()
    assert {name: entry[name] for name in found} == found
    assert entry["feedback"] == []


def test_labels_can_be_filtered(server: Server, photo: bytes) -> None:
    label = judged(server, photo)["label"]
    assert server.client.get(f"/v1/history?label={label}").json()["total"] == 1
    other = "fake" if label != "fake" else "real"
    assert server.client.get(f"/v1/history?label={other}").json() == {"items": [], "total": 0, "next": None}


def test_what_is_not_to_be_remembered_is_not(server: Server, photo: bytes) -> None:
    answer = server.detect(("me.jpg", photo), params={"remember": False})
    assert answer.json()["results"][0]["id"] is None
    assert server.client.get("/v1/history").json()["total"] == 0


def test_feedback_stays_with_its_verdict(server: Server, photo: bytes) -> None:
    found = judged(server, photo)
    answer = server.client.post("/v1/feedback", json={"id": found["id"], "truth": "fake", "comment": "<script>"})
    assert answer.status_code == 201
    entry = server.client.get(f"/v1/history/{found['id']}").json()
    assert [(said["truth"], said["comment"]) for said in entry["feedback"]] == [("fake", "<script>")]
    assert server.client.post("/v1/feedback", json={"id": "0" * 30, "truth": "fake"}).status_code == 404
    assert server.client.post("/v1/feedback", json={"id": found["id"], "truth": "maybe"}).status_code == 422


def test_deleting_takes_verdict_feedback_and_picture(server: Server, photo: bytes) -> None:
    first, second = judged(server, photo), judged(server, photo)
    server.client.post("/v1/feedback", json={"id": first["id"], "truth": "real"})
    kept = server.data / "pictures" / first["sha256"][:2] / first["sha256"]
    assert server.client.get(f"/v1/history/{first['id']}/picture").content == photo
    assert server.client.delete(f"/v1/history/{first['id']}").json() == {"deleted": 1}
    assert server.client.get(f"/v1/history/{first['id']}").status_code == 404
    assert server.client.delete(f"/v1/history/{first['id']}").status_code == 404
    assert kept.exists(), "another verdict still refers to it"
    server.client.delete(f"/v1/history/{second['id']}")
    assert not kept.exists()


def test_delete_all(server: Server, photo: bytes) -> None:
    for _ in range(3):
        judged(server, photo)
    assert server.client.delete("/v1/history").json() == {"deleted": 3}
    assert server.client.get("/v1/history").json()["total"] == 0
    assert [path for path in (server.data / "pictures").rglob("*") if path.is_file()] == []


def test_a_job_judges_everything_in_the_order_sent(server: Server, photo: bytes) -> None:
    files = [("a.jpg", photo), ("b.jpg", b"no picture"), *((f"{number}.jpg", photo) for number in range(18))]
    answer = begin(server, *files)
    assert answer.status_code == 202
    found = finished(server, answer.headers["location"].rsplit("/", 1)[1])
    assert (found["state"], found["total"], found["done"]) == ("done", 20, 20)
    assert [entry["path"] for entry in found["results"]] == [name for name, _ in files]
    assert found["results"][1]["problem"]["code"] == "not_an_image"
    assert server.client.get("/v1/history").json()["total"] == 19
    assert [path for path in (server.data / "spool").rglob("*") if path.is_file()] == [server.data / "spool" / "node"]


def test_what_is_deleted_from_the_history_leaves_its_job_too(server: Server, photo: bytes) -> None:
    names = ["private.jpg", "other.jpg", "third.jpg"]
    job = begin(server, *((name, photo) for name in names)).json()["id"]
    first, second, _ = finished(server, job)["results"]
    server.client.delete(f"/v1/history/{first['id']}")
    found = finished(server, job)
    assert (found["state"], found["total"], found["done"]) == ("done", 3, 3)
    assert [entry.get("label") for entry in found["results"]] == [None, second["label"], second["label"]]
    assert found["results"][0]["problem"]["code"] == "deleted"
    assert (found["results"][0]["id"], found["results"][1]) == (None, second)
    server.client.delete("/v1/history")
    said = server.client.get(f"/v1/jobs/{job}").text
    assert said.count('"deleted"') == 3
    assert [word for word in (*names, first["sha256"]) if word in said] == []


def test_results_come_in_pages(server: Server, photo: bytes) -> None:
    job = begin(server, *((f"{number}.jpg", photo) for number in range(5))).json()["id"]
    finished(server, job)
    first = server.client.get(f"/v1/jobs/{job}?limit=2").json()
    second = server.client.get(f"/v1/jobs/{job}", params={"after": first["next"]}).json()
    assert [entry["path"] for entry in first["results"] + second["results"]] == [f"{number}.jpg" for number in range(5)]


def test_events_tell_the_progress_and_the_end(server: Server, photo: bytes) -> None:
    job = begin(server, *((f"{number}.jpg", photo) for number in range(4))).json()["id"]
    with server.client.stream("GET", f"/v1/jobs/{job}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in stream.iter_lines() if line]
    done = [json.loads(line.removeprefix("data: "))["done"] for line in lines if line.startswith("data: ")]
    assert done == sorted(done)
    assert (lines[-2], done[-1]) == ("event: end", 4)


def test_a_cancelled_job_keeps_what_was_finished(server: Server, crowd: Image.Image) -> None:
    crowd.save(file := io.BytesIO(), "JPEG")
    job = begin(server, *((f"{number}.jpg", file.getvalue()) for number in range(100))).json()["id"]
    cancelled = server.client.delete(f"/v1/jobs/{job}").json()
    assert cancelled["state"] == "cancelled"
    time.sleep(1)
    found = server.client.get(f"/v1/jobs/{job}").json()
    assert found["done"] + found["cancelled"] == 100
    assert found["cancelled"] > 0
    assert len(found["results"]) == found["done"]


def test_a_job_of_broken_pictures_ends(server: Server) -> None:
    found = finished(server, begin(server, ("a.jpg", b"x"), ("b.jpg", b"")).json()["id"])
    assert [entry["problem"]["code"] for entry in found["results"]] == ["not_an_image", "empty_file"]


def test_unknown_jobs_are_not_found(server: Server) -> None:
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/events")):
        assert server.client.request(method, f"/v1/jobs/{'0' * 30}{path}").status_code == 404


def test_purge_deletes_what_is_old(server: Server, photo: bytes) -> None:
    judged(server, photo)
    assert server.command("--purge", "1").startswith("deleted 0 verdicts")
    assert server.command("--purge", "0").startswith("deleted 1 verdicts")
    assert server.client.get("/v1/history").json()["total"] == 0
