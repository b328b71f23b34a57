"""Queue limits, timeouts and load of the inference pool."""

from __future__ import annotations

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from PIL import Image

from tests.web.event_loop import run_in_new_loop
from tests.web.server_process import Server
from unmask import Detector
from unmask.web.cancellation import CancellationToken
from unmask.web.errors import InferenceTimeout
from unmask.web.inference_pool import InferencePool


def test_a_token_check_restarts_the_timeout_and_hanging_work_times_out(quick_detector: Detector) -> None:
    pool = InferencePool(quick_detector, 1, 8, 1.0)
    token = CancellationToken()

    def slow() -> str:
        for _ in range(15):
            time.sleep(0.1)
            token.check()
        return "done"

    async def run_both() -> str:
        result = await pool.run(slow, token)
        hanging = threading.Event()
        with pytest.raises(InferenceTimeout):
            await pool.run(hanging.wait)
        hanging.set()
        return result

    assert run_in_new_loop(run_both()) == "done"
    pool.close()


@pytest.mark.integration
def test_a_full_queue_returns_retry_after(tmp_path: Path, photo: bytes) -> None:
    with Server(tmp_path, "--queue", "2", "--threads", "1") as server:
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda number: server.detect((f"{number}.jpg", photo)), range(24)))
        rejected = [answer for answer in answers if answer.status_code != 200]
        assert {answer.status_code for answer in answers} == {200, 503}
        for answer in rejected:
            assert int(answer.headers["retry-after"]) > 0
            assert answer.json()["code"] == "busy"
        assert server.detect(("after.jpg", photo)).status_code == 200


@pytest.mark.integration
def test_two_hundred_uploads_from_32_clients_are_all_judged(tmp_path: Path, photo: bytes) -> None:
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
    """Resident memory of a process in kilobytes; 0 if the system has no /proc."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmRSS"))
