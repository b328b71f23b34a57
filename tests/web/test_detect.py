"""Pictures in, verdicts out, through the real server."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
from PIL import Image

from tests.web.server_process import Server
from unmask import Detector

FACELESS = "faceless.png"


def png(size: tuple[int, int] = (64, 64)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "navy").save(buffer, "PNG")
    return buffer.getvalue()


def test_a_verdict_is_the_detectors_own_to_the_last_digit(
    server: Server, photo: bytes, default_detector: Detector
) -> None:
    answer = server.detect(("me.jpg", photo))
    [found] = answer.json()["results"]
    expected = default_detector.predict(photo, name="me.jpg").to_dict()
    assert answer.status_code == 200
    assert {**found, "seconds": 0, "id": 0} == {**expected, "seconds": 0, "id": 0}
    assert found["sha256"] == hashlib.sha256(photo).hexdigest()


def test_a_picture_may_be_the_body(server: Server, photo: bytes) -> None:
    answer = server.client.post("/v1/detect?name=a.jpg", content=photo, headers={"Content-Type": "image/jpeg"})
    assert answer.json()["results"][0]["path"] == "a.jpg"


def test_a_bad_picture_never_loses_the_good_ones(server: Server, photo: bytes) -> None:
    answer = server.detect(
        ("a.jpg", photo), ("b.jpg", b"no picture"), ("c.jpg", b""), ("d.jpg", photo[:9000]), ("e.jpg", photo)
    )
    results = answer.json()["results"]
    assert answer.status_code == 200
    assert [entry["path"] for entry in results] == ["a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"]
    assert ["problem" in entry for entry in results] == [False, True, True, True, False]
    assert results[1]["problem"]["code"] == "not_an_image"
    assert results[2]["problem"]["code"] == "empty_file"
    assert results[3]["problem"]["code"] == "corrupt_image"


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [(b"no picture", 415, "not_an_image"), (b"", 422, "empty_file")],
    ids=["text", "nothing"],
)
def test_when_nothing_could_be_judged_the_answer_is_a_problem(
    server: Server, data: bytes, status: int, code: str
) -> None:
    answer = server.detect(("x.jpg", data))
    problem = answer.json()
    assert answer.status_code == problem["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["code"] == problem["results"][0]["problem"]["code"] == code


def test_no_face_is_an_answer_and_the_whole_picture_can_be_judged(server: Server) -> None:
    assert server.detect((FACELESS, png())).json()["results"][0]["label"] == "no_face"
    whole = server.detect((FACELESS, png()), params={"whole_picture": True}).json()["results"][0]
    assert whole["label"] != "no_face"
    assert whole["faces"][0]["box"] == [0, 0, 64, 64]


def test_stability_can_be_left_out(server: Server, photo: bytes) -> None:
    [found] = server.detect(("me.jpg", photo), params={"stability": False}).json()["results"]
    assert found["faces"][0]["stability"] is None


def test_seventeen_pictures_are_too_many(server: Server) -> None:
    answer = server.detect(*((f"{number}.png", png()) for number in range(17)))
    assert (answer.status_code, answer.json()["code"]) == (413, "upload_too_large")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "image/jpeg"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"junk", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data"),
        (
            b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\nabc',
            "multipart/form-data; boundary=x",
        ),
        (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
    ],
    ids=["empty", "begun", "junk", "no boundary", "cut", "other field"],
)
def test_a_body_that_is_not_understood_is_a_problem(server: Server, body: bytes, kind: str) -> None:
    answer = server.client.post("/v1/detect", content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_request")


def test_heat_maps_mean_the_logit_of_the_score(server: Server, photo: bytes, default_detector: Detector) -> None:
    answer = server.client.post("/v1/explain", files={"files": ("me.jpg", photo)})
    [found] = answer.json()["results"]
    values = [cell for row in found["faces"][0]["heatmap"] for cell in row]
    score = default_detector.predict(photo, stability=False).probability_fake
    assert score is not None
    assert 1 / (1 + 2.718281828459045 ** (-sum(values) / len(values))) == pytest.approx(score, abs=0.02)
    assert found["faces"][0]["explained_class"] == "fake"
    assert "cam" in server.client.get("/v1/server").json()["explanations"]
    assert found["faces"][0]["box"] == server.detect(("me.jpg", photo)).json()["results"][0]["faces"][0]["box"]


def test_an_unknown_method_is_refused(server: Server, photo: bytes) -> None:
    assert server.client.post("/v1/explain?method=tea", files={"files": ("me.jpg", photo)}).status_code in (400, 422)


def test_older_front_ends_get_the_answer_they_expect(server: Server, photo: bytes) -> None:
    answer = server.client.post("/predict", files=[("files", ("a.jpg", photo)), ("files", ("b.jpg", b"?"))])
    first, second = answer.json()["results"]
    assert first["label"] == ("Deepfake" if first["fake_probability"] >= 0.5 else "Real")
    assert (second["label"], second["fake_probability"]) == (None, None)
    assert second["error"]


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nothing", 404), ("PUT", "/v1/detect", 405), ("GET", "/v1/history/zz", 422)]
)
def test_every_error_is_a_problem(server: Server, method: str, path: str, status: int) -> None:
    answer = server.client.request(method, path)
    assert answer.status_code == answer.json()["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"]


def test_models_and_examples_are_listed(server: Server, default_detector: Detector) -> None:
    models = server.client.get("/v1/models").json()["models"]
    assert models[0]["sha256"] == default_detector.model.sha256
    assert models[0]["active"] is True
    names = server.client.get("/v1/examples").json()["examples"]
    for name in names:
        assert server.detect((name, server.client.get(f"/v1/examples/{name}").content)).status_code == 200
    assert "astronaut.jpg" in names


def test_the_metrics_count(server: Server, photo: bytes) -> None:
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


def test_the_log_names_no_file_and_no_address(server: Server, photo: bytes) -> None:
    server.detect(("very-private-name.jpg", photo))
    server.detect(("very-private-name.jpg", b"broken"))
    server.client.get("/v1/history?label=very-private-name")
    log = server.log.read_text()
    assert '"route": "/v1/detect"' in log
    assert "very-private-name" not in log
    assert "127.0.0.1" not in log.split('"message": "ready"')[1]


def test_nothing_but_hashes_and_verdicts_is_kept(server: Server, photo: bytes) -> None:
    server.detect(("me.jpg", photo))
    kept = [path for path in server.data.rglob("*") if path.is_file()]
    assert kept
    for path in kept:
        assert photo[:64] not in path.read_bytes(), path
        assert path.stat().st_mode & 0o077 == 0 or path.suffix.endswith(("-wal", "-shm")), path


def test_the_server_starts_on_loopback_only_and_answers_to_no_other_name(server: Server) -> None:
    assert server.client.get("/v1/server", headers={"Host": "evil.example"}).status_code == 403
    assert server.client.get("/v1/server", headers={"Host": f"localhost:{server.port}"}).status_code == 200


def test_a_page_elsewhere_cannot_send_anything(server: Server, photo: bytes) -> None:
    answer = server.detect(("me.jpg", photo), headers={"Origin": "https://evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert server.detect(("me.jpg", photo), headers={"Origin": server.url}).status_code == 200


def test_unmask_stays_light_for_the_command_line(unmask, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    import subprocess
    import sys

    program = (
        "import sys, unmask.cli.serve; print([m for m in ('fastapi', 'sqlalchemy', 'onnxruntime') if m in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
        == "[]"
    )
