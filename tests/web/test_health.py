"""`/readyz` and `/metrics`."""

from __future__ import annotations

from tests.web.server_process import Server


def test_the_metrics_are_counted(server: Server, photo: bytes) -> None:
    server.detect(("me.jpg", photo))
    text = server.client.get("/metrics").text
    for name in (
        "unmask_requests_total",
        "unmask_request_seconds",
        "unmask_verdicts_total",
        "unmask_probability_fake",
        "unmask_queue",
    ):
        assert name in text
