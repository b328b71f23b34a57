"""`GET /v1/models` and `/v1/examples`."""

from __future__ import annotations

from tests.web.server_process import Server
from unmask import Detector


def test_models_and_examples_are_listed(server: Server, default_detector: Detector) -> None:
    models = server.client.get("/v1/models").json()["models"]
    assert models[0]["sha256"] == default_detector.model.sha256
    assert models[0]["active"] is True
    names = server.client.get("/v1/examples").json()["examples"]
    for name in names:
        assert server.detect((name, server.client.get(f"/v1/examples/{name}").content)).status_code == 200
    assert "astronaut.jpg" in names
