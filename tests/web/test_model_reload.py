"""A running server switches to a promoted model without losing a request, and compares a shadow candidate."""

from __future__ import annotations

import asyncio
import hashlib
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from tests.web.quick_model import variant
from tests.web.server_process import Server
from unmask.errors import BadModelFile
from unmask.model_registry import ModelRegistry
from unmask.web.model_reload import reload_model

CLIENTS = 16
SWITCHING = """
import sys
from pathlib import Path
from unmask.model_registry import ModelRegistry
registry, data = ModelRegistry(Path(sys.argv[1])), Path(sys.argv[2]).read_bytes()
while True:
    registry.register(data, "quick", "2", parent=sys.argv[3])
    print("promoted", flush=True)
    registry.rollback()
"""
"""Promotes a model and rolls it back until it is killed."""


def wait_until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not become true in time"
        time.sleep(0.05)


@pytest.mark.integration
def test_promotion_and_rollback_under_16_clients(tmp_path: Path, quick_model: Path, photo: bytes) -> None:
    registry = ModelRegistry(tmp_path / "models")
    old = registry.register(quick_model.read_bytes(), "quick", "1", parent="")
    with Server(tmp_path, UNMASK_MODEL="default", UNMASK_MODELS=str(registry.folder)) as server:

        def ask(_: int) -> tuple[int, str, float]:
            answer = server.detect(("me.jpg", photo), params={"stability": False, "remember": False})
            result = answer.json()["results"][0]
            return answer.status_code, result["model"]["sha256"], result["probability_fake"]

        with ThreadPoolExecutor(CLIENTS) as clients:
            first = clients.submit(ask, 0).result()
            pending = [clients.submit(ask, number) for number in range(4 * CLIENTS)]
            new = registry.register(variant(quick_model, "2"), "quick", "2", parent=old.sha256)
            assert server.client.post("/v1/models/reload").json()["model"]["sha256"] == new.sha256
            pending += [clients.submit(ask, number) for number in range(2 * CLIENTS)]
            answers = [each.result() for each in pending]
            assert {status for status, _, _ in answers} == {200}
            assert {sha256 for _, sha256, _ in answers} <= {old.sha256, new.sha256}
            assert answers[-1][1] == new.sha256
            registry.rollback()
            server.process.send_signal(signal.SIGHUP)
            wait_until(lambda: ask(0)[1] == old.sha256)
            assert ask(0) == first
            registry.use(new.sha256)
            wait_until(lambda: ask(0)[1] == new.sha256)


@pytest.mark.integration
def test_a_server_killed_during_promotion_and_rollback_has_the_old_or_the_new_model(
    tmp_path: Path, quick_model: Path, photo: bytes
) -> None:
    registry = ModelRegistry(tmp_path / "models")
    old = registry.register(quick_model.read_bytes(), "quick", "1", parent="")
    data = variant(quick_model, "2")
    known = {old.sha256, hashlib.sha256(data).hexdigest()}
    (tmp_path / "new.onnx").write_bytes(data)
    command = [sys.executable, "-c", SWITCHING, str(registry.folder), str(tmp_path / "new.onnx"), old.sha256]
    rng = random.Random(7)
    with Server(tmp_path, UNMASK_MODEL="default", UNMASK_MODELS=str(registry.folder)) as server:
        for _ in range(2):
            switching = subprocess.Popen(command, stdout=subprocess.PIPE)
            assert switching.stdout is not None
            switching.stdout.readline()
            with suppress(httpx.HTTPError):
                server.client.post("/v1/models/reload", timeout=rng.uniform(0.01, 0.2))
            server.kill()
            switching.kill()
            switching.wait()
            switching.stdout.close()
            default = registry.default
            assert default is not None
            assert default.sha256 in known
            server.restart()
            answer = server.detect(("me.jpg", photo), params={"stability": False})
            assert answer.json()["results"][0]["model"]["sha256"] == default.sha256


def test_a_model_that_cannot_be_loaded_leaves_the_old_one(tmp_path: Path, quick_model: Path, photo: bytes) -> None:
    registry = ModelRegistry(tmp_path / "models")
    old = registry.register(quick_model.read_bytes(), "quick", "1", parent="")
    with Server(tmp_path, UNMASK_MODEL="default", UNMASK_MODELS=str(registry.folder)) as server:
        registry.register(b"not a model", "broken", "2", parent=old.sha256)
        assert server.client.post("/v1/models/reload").status_code >= 400
        answer = server.detect(("me.jpg", photo), params={"stability": False})
        assert answer.json()["results"][0]["model"]["sha256"] == old.sha256
        assert server.client.get("/v1/models/shadow").status_code == 404


def test_a_model_that_cannot_judge_a_picture_leaves_the_old_one() -> None:
    """Such as after its face detector was replaced: parts that are loaded on first use are tried before the switch."""

    class Broken:
        model = SimpleNamespace(sha256="new")

        def predict(self, *_: object, **__: object) -> None:
            raise BadModelFile("the face check is damaged")

    old = SimpleNamespace(model=SimpleNamespace(sha256="old"))
    services: Any = SimpleNamespace(load_detector=Broken, pool=SimpleNamespace(detector=old))
    with ThreadPoolExecutor(1) as thread, pytest.raises(BadModelFile):  # the loop of Playwright may run in this one
        thread.submit(asyncio.run, reload_model(services)).result()
    assert services.pool.detector is old


def test_a_shadow_candidate_is_compared_and_never_shown(tmp_path: Path, quick_model: Path, photo: bytes) -> None:
    candidate = tmp_path / "candidate.onnx"
    candidate.write_bytes(variant(quick_model, "2"))
    flags = ("--model", str(quick_model), "--shadow", str(candidate), "--shadow-share", "1")
    with Server(tmp_path, *flags) as server:
        result = server.detect(("me.jpg", photo), params={"stability": False}).json()["results"][0]
        wait_until(lambda: server.client.get("/v1/models/shadow").json()["pictures"] == 1)
        found = server.client.get("/v1/models/shadow").json()
        assert found["candidate"]["version"] == "2"
        assert found["labels"][0]["active"] == result["label"]
        assert result["model"]["sha256"] != found["candidate"]["sha256"]
        assert server.client.get("/v1/history").json()["total"] == 1
