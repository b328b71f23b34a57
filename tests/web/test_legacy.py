"""`POST /predict`: the response format of older front ends."""

from __future__ import annotations

from tests.web.server_process import Server


def test_the_response_has_the_format_of_older_front_ends(server: Server, photo: bytes) -> None:
    answer = server.client.post("/predict", files=[("files", ("a.jpg", photo)), ("files", ("b.jpg", b"?"))])
    first, second = answer.json()["results"]
    assert first["label"] == ("Deepfake" if first["fake_probability"] >= 0.5 else "Real")
    assert (second["label"], second["fake_probability"]) == (None, None)
    assert second["error"]
