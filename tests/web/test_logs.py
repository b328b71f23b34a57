"""The log of the server."""

from __future__ import annotations

from tests.web.server_process import Server


def test_the_log_has_no_file_names_and_no_addresses(server: Server, photo: bytes) -> None:
    server.detect(("very-private-name.jpg", photo))
    server.detect(("very-private-name.jpg", b"broken"))
    server.client.get("/v1/history?label=very-private-name")
    log = server.log.read_text()
    assert '"route": "/v1/detect"' in log
    assert "very-private-name" not in log
    assert "127.0.0.1" not in log.split('"message": "ready"')[1]
