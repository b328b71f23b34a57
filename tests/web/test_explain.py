"""`POST /v1/explain`: pictures in, heat maps out."""

from __future__ import annotations

import pytest

from tests.web.server_process import Server
from unmask import Detector


def test_the_mean_of_a_heat_map_is_the_logit_of_the_score(
    server: Server, photo: bytes, default_detector: Detector
) -> None:
    answer = server.client.post("/v1/explain", files={"files": ("me.jpg", photo)})
    [found] = answer.json()["results"]
    values = [cell for row in found["faces"][0]["heatmap"] for cell in row]
    score = default_detector.predict(photo, stability=False).probability_fake
    assert score is not None
    assert 1 / (1 + 2.718281828459045 ** (-sum(values) / len(values))) == pytest.approx(score, abs=0.02)
    assert found["faces"][0]["explained_class"] == "fake"
    assert "cam" in server.client.get("/v1/server").json()["explanations"]
    assert found["faces"][0]["box"] == server.detect(("me.jpg", photo)).json()["results"][0]["faces"][0]["box"]


def test_an_unknown_method_is_rejected(server: Server, photo: bytes) -> None:
    assert server.client.post("/v1/explain?method=tea", files={"files": ("me.jpg", photo)}).status_code in (400, 422)
