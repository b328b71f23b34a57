"""Evidence beside the score, through the real server: signals, reports, heat maps with their test, and progress."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import threading
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.web.quick_model import write_quick_model
from tests.web.server_process import Server
from unmask import Detector, examine
from unmask.signals import SIGNALS
from unmask.web.cancellation import Progress, Watch
from unmask.web.errors import JudgingTimeout
from unmask.web.inference_pool import InferencePool

STREAM = {"Accept": "text/event-stream"}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that answers at once."""
    return write_quick_model(tmp_path_factory.mktemp("model") / "quick.onnx")


@pytest.fixture(scope="module")
def detector(model: Path) -> Detector:
    return Detector.load(model, threads=1)


@pytest.fixture(scope="module")
def server(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("evidence"), "--model", str(model)) as running:
        yield running


def events(answer: httpx.Response) -> list[tuple[str, dict[str, Any]]]:
    """Name and data of each server-sent event."""
    found = []
    for block in answer.text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


def flat(kind: str, size: tuple[int, int]) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, kind)
    return buffer.getvalue()


def test_signals_are_those_of_the_package_around_the_face(server: Server, photo: bytes, detector: Detector) -> None:
    answer = server.client.post("/v1/signals", files={"files": ("me.jpg", photo)}, params={"maps": True})
    [found] = answer.json()["results"]
    box = tuple(float(value) for value in detector.predict(photo, stability=False).faces[0].box)
    expected = [signal.to_dict() for signal in examine(photo, box)]  # type: ignore[arg-type]
    assert [{**signal, "map": 0} for signal in found["signals"]] == [{**signal, "map": 0} for signal in expected]
    assert tuple(found["box"]) == box
    drawn = {signal["name"]: signal["map"] for signal in found["signals"] if signal["map"]}
    assert set(drawn) == {"ela", "noise"}
    assert Image.open(io.BytesIO(base64.b64decode(drawn["ela"]))).format == "PNG"
    assert len(found["usual_spectrum"]["low"]) == len(found["signals"][3]["details"]["rings_db"])


def test_pictures_without_a_face_have_signals_and_bad_ones_problems(server: Server) -> None:
    files = [("wall.png", flat("PNG", (300, 200))), ("dot.jpg", flat("JPEG", (1, 1))), ("note.jpg", b"no picture")]
    answer = server.client.post("/v1/signals", files=[("files", file) for file in files])
    wall, dot, note = answer.json()["results"]
    assert answer.status_code == 200
    assert wall["box"] is None
    assert [signal["name"] for signal in dot["signals"]] == list(SIGNALS)
    assert note["problem"]["code"] == "not_an_image"


def test_a_report_is_one_file_or_the_wire_form(server: Server, photo: bytes) -> None:
    answer = server.client.post("/v1/report", files={"files": ("café.jpg", photo)}, timeout=300)
    found = answer.json()
    assert answer.status_code == 200
    assert found["faces"][0]["faithfulness"]["rivals"] > 0
    assert [signal["name"] for signal in found["signals"]] == list(SIGNALS)
    page = server.client.post("/v1/report?format=html", files={"files": ("café <b>.jpg", photo)}, timeout=300)
    assert page.headers["content-type"].startswith("text/html")
    plain, whole = page.headers["content-disposition"].split("; ")[1:]
    assert (plain, whole) == ('filename="caf___b_-report.html"', "filename*=UTF-8''caf%C3%A9%20%3Cb%3E-report.html")
    assert "café &lt;b&gt;.jpg" in page.text
    assert "<script" not in page.text


@pytest.mark.parametrize(
    ("query", "files", "status", "code"),
    [
        ("", ["a.jpg", "b.jpg"], 413, "upload_too_large"),
        ("?format=docx", ["a.jpg"], 422, "bad_request"),
        ("?method=tea", ["a.jpg"], 400, "usage"),
    ],
    ids=["two pictures", "format", "method"],
)
def test_a_report_that_makes_no_sense_is_refused(
    server: Server, photo: bytes, query: str, files: list[str], status: int, code: str
) -> None:
    answer = server.client.post(f"/v1/report{query}", files=[("files", (name, photo)) for name in files])
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_progress_is_told_while_it_is_made(server: Server, photo: bytes) -> None:
    answer = server.client.post(
        "/v1/explain?method=occlusion&faithfulness=true",
        files=[("files", ("a.jpg", b"no picture")), ("files", ("b.jpg", photo))],
        headers=STREAM,
        timeout=300,
    )
    assert answer.headers["content-type"].startswith("text/event-stream")
    *told, (last, result) = events(answer)
    assert {name for name, _ in told} == {"progress"}
    assert {entry["picture"] for _, entry in told} == {1}
    for step in (1, 2):
        counts = [(entry["done"], entry["total"]) for _, entry in told if entry["step"] == step]
        assert counts == sorted(counts)
        assert counts[-1][0] == counts[-1][1]
    assert last == "result"
    assert result["results"][0]["problem"]["code"] == "not_an_image"
    assert 0 <= result["results"][1]["faces"][0]["faithfulness"]["score"] <= 1


def test_a_stream_ends_with_the_problem_where_nothing_succeeded(server: Server) -> None:
    answer = server.client.post("/v1/report?format=html", files={"files": ("a.jpg", b"?")}, headers=STREAM)
    [(name, problem)] = events(answer)
    assert (name, problem["status"], problem["code"]) == ("problem", 415, "not_an_image")


def test_a_client_that_leaves_a_stream_frees_its_place(server: Server, photo: bytes) -> None:
    path = f"{server.url}/v1/report?format=html"
    with httpx.stream("POST", path, files={"files": ("a.jpg", photo)}, headers=STREAM, timeout=60) as stream:
        assert "progress" in next(stream.iter_lines())
    deadline = time.monotonic() + 60
    while "unmask_queue 0.0" not in server.client.get("/metrics").text:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def finished(work: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine gives, in a thread of its own: another test may have left an event loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def test_work_that_goes_on_gets_more_time_and_work_that_hangs_does_not(detector: Detector) -> None:
    bench = InferencePool(detector, 1, 8, 1.0)
    watch = Watch()

    def busy() -> str:
        for number in range(15):
            time.sleep(0.1)
            watch(number + 1, 15)
        return "done"

    async def both() -> str:
        found = await bench.do(busy, watch)
        hung = threading.Event()
        with pytest.raises(JudgingTimeout):
            await bench.do(hung.wait)
        hung.set()
        return found

    assert finished(both()) == "done"
    bench.close()


def test_work_ends_when_nobody_waits_for_it(detector: Detector) -> None:
    bench = InferencePool(detector, 1, 8, 60.0)
    begun, ended = threading.Event(), threading.Event()
    watch = Watch()

    def endless() -> None:
        try:
            for number in range(10**9):
                watch(number, 10**9)
                begun.set()
        finally:
            ended.set()

    async def leave() -> None:
        task = asyncio.create_task(bench.do(endless, watch))
        await asyncio.to_thread(begun.wait)
        task.cancel()
        assert await asyncio.to_thread(ended.wait, 60)

    finished(leave())
    bench.close()


def test_steps_are_told_apart() -> None:
    told: list[Progress] = []
    watch = Watch(told.append)
    for done, total in ((16, 32), (32, 32), (16, 254), (254, 254), (1, 1), (1, 1), (16, 254)):
        watch(done, total)
    assert [each.step for each in told] == [1, 1, 2, 2, 3, 4, 5]


def test_content_credentials_are_trusted_by_the_certificates_of_the_settings(tmp_path: Path, photo: bytes) -> None:
    provenance = pytest.importorskip("tests.signals.test_provenance", exc_type=ImportError)
    chain, root, key = provenance.certificates()
    anchors = tmp_path / "root.pem"
    anchors.write_bytes(root)
    picture = provenance.signed(photo, chain, key, "trainedAlgorithmicMedia")
    with Server(tmp_path, "--trust", str(anchors)) as server:
        [found] = server.client.post("/v1/signals", files={"files": ("me.jpg", picture)}).json()["results"]
    assert (found["signals"][0]["state"], found["signals"][0]["notice"]) == ("trusted", "strong")
