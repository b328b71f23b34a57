"""What the server does under attack, under load and when it is stopped: each test starts its own."""

from __future__ import annotations

import io
import socket
import struct
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from PIL import Image

from tests.web.server_process import Server


def rows(server: Server, job: str) -> list[str]:
    found = server.client.get(f"/v1/jobs/{job}?limit=1000").json()
    return [entry["path"] for entry in found["results"]]


def judged(server: Server) -> float:
    """Verdicts given so far by all processes of a server."""
    text = httpx.get(f"{server.url}/metrics").text
    return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith("unmask_verdicts_total"))


def test_killed_in_the_middle_it_loses_nothing_and_goes_on(tmp_path: Path, photo: bytes) -> None:
    names = [f"{number}.jpg" for number in range(30)]
    with Server(tmp_path) as server:
        alone = server.detect(("before.jpg", photo)).json()["results"][0]
        job = server.client.post("/v1/jobs", files=[("files", (name, photo)) for name in names]).json()["id"]
        while not (finished := rows(server, job)):
            time.sleep(0.02)
        server.kill()
        server.again()
        assert set(finished) <= set(rows(server, job)), "the second picture may be judged before the first"
        while server.client.get(f"/v1/jobs/{job}?limit=0").json()["state"] != "done":
            time.sleep(0.1)
        assert rows(server, job) == names
        history = server.client.get("/v1/history?limit=500").json()
        assert history["total"] == len(names) + 1
        assert alone["id"] in {entry["id"] for entry in history["items"]}
        assert {entry["probability_fake"] for entry in history["items"]} == {alone["probability_fake"]}
        assert [path.name for path in (server.data / "spool").rglob("*") if path.is_file()] == ["node"]


def test_it_stops_within_ten_seconds_and_ends_streams(tmp_path: Path, photo: bytes) -> None:
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
        assert answer.result().status_code == 200, "what was accepted is finished"
        assert any("progress" in line for line in ended)


def test_several_workers_share_the_work_and_the_figures(tmp_path: Path, photo: bytes) -> None:
    with Server(tmp_path, "--workers", "2", "--threads", "2") as server:
        for _ in range(6):
            assert (
                httpx.post(f"{server.url}/v1/detect", files={"files": ("a.jpg", photo)}, timeout=60).status_code == 200
            )
        assert judged(server) == 6
        job = server.client.post("/v1/jobs", files=[("files", (f"{n}.jpg", photo)) for n in range(8)]).json()["id"]
        while (found := server.client.get(f"/v1/jobs/{job}").json())["state"] != "done":
            time.sleep(0.1)
        assert [entry["path"] for entry in found["results"]] == [f"{number}.jpg" for number in range(8)]
        assert not any("problem" in entry for entry in found["results"])
        assert judged(server) == 6 + 8, "no process judges what another works on"
        assert server.stop() < 15


def test_beyond_loopback_only_keys_open_and_each_sees_its_own(tmp_path: Path, photo: bytes) -> None:
    with Server(tmp_path, "--require-key", "yes", "--rate-limit", "5") as server:
        first, second = ({"Authorization": f"Bearer {server.key(name)}"} for name in ("first", "second"))
        refused = server.detect(("me.jpg", photo))
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, 'Bearer realm="unmask"')
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
        assert job.status_code == 202, "a job may be larger than the limit, and is paid for afterwards"
        assert server.detect(("me.jpg", photo), headers=second).status_code == 429
        server.command("--revoke-key", "first")
        assert server.client.get("/v1/history", headers=first).status_code == 401
        assert server.command("--keys").startswith("second ")
        assert "unmask_" not in server.log.read_text().replace("unmask_key", "")


def test_a_full_queue_says_when_to_come_back(tmp_path: Path, photo: bytes) -> None:
    with Server(tmp_path, "--queue", "2", "--threads", "1") as server:
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda number: server.detect((f"{number}.jpg", photo)), range(24)))
        refused = [answer for answer in answers if answer.status_code != 200]
        assert {answer.status_code for answer in answers} == {200, 503}
        for answer in refused:
            assert int(answer.headers["retry-after"]) > 0
            assert answer.json()["code"] == "busy"
        assert server.detect(("after.jpg", photo)).status_code == 200


def bomb(width: int, height: int) -> bytes:
    """A PNG header that promises more pixels than anybody has memory for."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 99999))
        + chunk(b"IEND", b"")
    )


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """A server with tight limits."""
    flags = (
        "--max-file-mb",
        "1",
        "--max-megapixels",
        "20",
        "--upload-timeout",
        "2",
        "--cors-origins",
        "https://front.example",
    )
    with Server(tmp_path_factory.mktemp("small"), *flags) as running:
        yield running


HOSTILE = {
    "bomb": (bomb(60000, 60000), 413, "image_too_large"),
    "flat bomb": (bomb(2**31 - 1, 1), 413, "image_too_large"),
    "too many bytes": (b"\xff\xd8" + b"\0" * (1024 * 1024 + 1), 413, "image_too_large"),
    "svg with script": (
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        415,
        "not_an_image",
    ),
    "html": (b"<!doctype html><script>alert(1)</script>", 415, "not_an_image"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", 415, "not_an_image"),
    "zip": (b"PK\x03\x04" + b"\0" * 99, 415, "not_an_image"),
    "nothing": (b"", 422, "empty_file"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_problems(small: Server, name: str) -> None:
    data, status, code = HOSTILE[name]
    answer = small.detect(("x.jpg", data))
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_polyglot_is_judged_as_the_picture_it_is(small: Server, photo: bytes) -> None:
    plain = small.detect(("a.jpg", photo)).json()["results"][0]
    polyglot = small.detect(("a.jpg", photo + b"PK\x03\x04<script>alert(1)</script>")).json()["results"][0]
    assert polyglot["probability_fake"] == plain["probability_fake"]
    assert polyglot["sha256"] != plain["sha256"]


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\x.jpg", "x.jpg"),
        ("<img src=x onerror=alert(1)>.jpg", "<img src=x onerror=alert(1)>.jpg"),
        ("a" * 300 + ".jpg", "a" * 251 + ".jpg"),
        ("..", "upload"),
        ("x\u202egpj.exe", "xgpj.exe"),
    ],
)
def test_names_are_only_names(small: Server, photo: bytes, sent: str, shown: str) -> None:
    assert small.detect((sent, photo)).json()["results"][0]["path"] == shown


def test_too_much_is_refused_before_it_is_read(small: Server) -> None:
    with socket.create_connection(("127.0.0.1", small.port), timeout=20) as sock:
        head = f"POST /v1/detect HTTP/1.1\r\nHost: 127.0.0.1:{small.port}\r\nContent-Length: 99999999999\r\n\r\n"
        sock.sendall(head.encode())
        assert b" 413 " in sock.recv(4096).split(b"\r\n")[0]


def test_a_slow_client_is_let_go(small: Server) -> None:
    with socket.create_connection(("127.0.0.1", small.port), timeout=30) as sock:
        head = f"POST /v1/detect HTTP/1.1\r\nHost: 127.0.0.1:{small.port}\r\nContent-Length: 100000\r\n\r\n"
        sock.sendall(head.encode() + b"x")
        started = time.monotonic()
        assert b" 408 " in sock.recv(4096).split(b"\r\n")[0]
        assert time.monotonic() - started < 20


def test_a_client_that_leaves_costs_nothing_more(small: Server, photo: bytes) -> None:
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", small.port)) as sock:
            head = f"POST /v1/detect HTTP/1.1\r\nHost: 127.0.0.1:{small.port}\r\nContent-Length: {len(photo)}\r\n\r\n"
            sock.sendall(head.encode() + photo[: len(photo) // 2])
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if "unmask_queue 0.0" in small.client.get("/metrics").text:
            break
        time.sleep(0.2)
    assert small.detect(("me.jpg", photo)).status_code == 200


def test_a_page_elsewhere_can_be_allowed(small: Server, photo: bytes) -> None:
    origin = {"Origin": "https://front.example"}
    asked = {**origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    assert small.client.options("/predict", headers=asked).headers["access-control-allow-origin"] == origin["Origin"]
    answer = small.client.post("/predict", files={"files": ("a.jpg", photo)}, headers=origin)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, origin["Origin"])
    other = {**asked, "Origin": "https://other.example"}
    for refused in (small.detect(("a.jpg", photo), headers=other), small.client.options("/predict", headers=other)):
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        assert refused.headers["content-type"] == "application/problem+json"
        assert "access-control-allow-origin" not in refused.headers


def test_two_hundred_uploads_from_thirty_two_clients_lose_nothing(tmp_path: Path, photo: bytes) -> None:
    with Image.open(io.BytesIO(photo)) as image:
        buffer = io.BytesIO()
        image.resize((256, 256)).save(buffer, "JPEG")
    with Server(tmp_path) as server, ThreadPoolExecutor(32) as pool:

        def one(number: int) -> tuple[int, str]:
            files = {"files": (f"{number}.jpg", buffer.getvalue())}
            answer = httpx.post(f"{server.url}/v1/detect?stability=false", files=files, timeout=300)
            return answer.status_code, answer.json()["results"][0]["path"]

        before = memory(server.process.pid)
        answers = list(pool.map(one, range(200)))
        assert answers == [(200, f"{number}.jpg") for number in range(200)]
        assert server.client.get("/v1/history").json()["total"] == 200
        assert memory(server.process.pid) - before < 300 * 1024


def memory(pid: int) -> int:
    """Resident kilobytes of a process; 0 where the system does not tell."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmRSS"))
