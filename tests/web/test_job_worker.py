"""Jobs across crashes, shutdown and several processes."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.conftest import damaged_exif
from tests.web.server_process import Server

pytestmark = pytest.mark.integration


def job_paths(server: Server, job: str) -> list[str]:
    found = server.client.get(f"/v1/jobs/{job}?limit=1000").json()
    return [entry["path"] for entry in found["results"]]


def verdict_count(server: Server) -> float:
    """The number of verdicts of all processes of a server."""
    text = httpx.get(f"{server.url}/metrics").text
    return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith("unmask_verdicts_total"))


def test_a_killed_server_loses_nothing_and_continues(tmp_path: Path, photo: bytes) -> None:
    names = [f"{number}.jpg" for number in range(30)]
    with Server(tmp_path) as server:
        alone = server.detect(("before.jpg", photo)).json()["results"][0]
        job = server.client.post("/v1/jobs", files=[("files", (name, photo)) for name in names]).json()["id"]
        while not (finished := job_paths(server, job)):
            time.sleep(0.02)
        server.kill()
        server.restart()
        assert set(finished) <= set(job_paths(server, job)), "the second picture may be finished before the first"
        while server.client.get(f"/v1/jobs/{job}?limit=0").json()["state"] != "done":
            time.sleep(0.1)
        assert job_paths(server, job) == names
        history = server.client.get("/v1/history?limit=500").json()
        assert history["total"] == len(names) + 1
        assert alone["id"] in {entry["id"] for entry in history["items"]}
        assert {entry["probability_fake"] for entry in history["items"]} == {alone["probability_fake"]}
        assert [path.name for path in (server.data / "spool").rglob("*") if path.is_file()] == ["node"]


def test_the_server_stops_within_ten_seconds_and_ends_streams(tmp_path: Path, photo: bytes) -> None:
    with Server(tmp_path, "--threads", "1") as server:
        files = [("files", (f"{number}.jpg", photo)) for number in range(200)]
        job = server.client.post("/v1/jobs", files=files).json()["id"]
        ended: list[str] = []
        begun = threading.Event()

        def follow() -> None:
            with httpx.stream("GET", f"{server.url}/v1/jobs/{job}/events", timeout=60) as stream:
                for line in stream.iter_lines():
                    begun.set()
                    ended.append(line)

        follower = threading.Thread(target=follow)
        follower.start()
        assert begun.wait(60)
        answer = ThreadPoolExecutor(1).submit(server.detect, ("last.jpg", photo))
        time.sleep(0.3)
        assert server.stop() < 10
        follower.join(timeout=10)
        assert answer.result().status_code == 200, "an accepted request is finished"
        assert any("progress" in line for line in ended)


def test_several_processes_share_work_and_metrics(tmp_path: Path, photo: bytes) -> None:
    with Server(tmp_path, "--workers", "2", "--threads", "2") as server:
        for _ in range(6):
            assert (
                httpx.post(f"{server.url}/v1/detect", files={"files": ("a.jpg", photo)}, timeout=60).status_code == 200
            )
        server.detect(("odd.jpg", damaged_exif()))
        assert verdict_count(server) == 7
        job = server.client.post("/v1/jobs", files=[("files", (f"{n}.jpg", photo)) for n in range(8)]).json()["id"]
        while (found := server.client.get(f"/v1/jobs/{job}").json())["state"] != "done":
            time.sleep(0.1)
        assert [entry["path"] for entry in found["results"]] == [f"{number}.jpg" for number in range(8)]
        assert not any("problem" in entry for entry in found["results"])
        assert verdict_count(server) == 7 + 8, "no picture is judged twice"
        assert server.stop() < 15
        log = server.log.read_text()
    assert log.count('"route": "/v1/detect"') == 7, "each process writes the log"
    assert "Corrupt EXIF" not in log
