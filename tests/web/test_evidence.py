"""Signals and reports through the real server."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
from PIL import Image

from tests.web.pictures import jpeg, png
from tests.web.server_process import Server
from unmask import Detector, examine
from unmask.signals import SIGNALS


def test_signals_equal_those_of_the_package_for_the_face(
    quick_server: Server, photo: bytes, quick_detector: Detector
) -> None:
    answer = quick_server.client.post("/v1/signals", files={"files": ("me.jpg", photo)}, params={"maps": True})
    [found] = answer.json()["results"]
    box = tuple(float(value) for value in quick_detector.predict(photo, stability=False).faces[0].box)
    expected = [signal.to_dict() for signal in examine(photo, box)]  # type: ignore[arg-type]
    assert [{**signal, "map": 0} for signal in found["signals"]] == [{**signal, "map": 0} for signal in expected]
    assert tuple(found["box"]) == box
    drawn = {signal["name"]: signal["map"] for signal in found["signals"] if signal["map"]}
    assert set(drawn) == {"ela", "noise"}
    assert Image.open(io.BytesIO(base64.b64decode(drawn["ela"]))).format == "PNG"
    assert len(found["usual_spectrum"]["low"]) == len(found["signals"][3]["details"]["rings_db"])


def test_pictures_without_a_face_have_signals_and_bad_files_fail(quick_server: Server) -> None:
    files = [("wall.png", png((300, 200))), ("dot.jpg", jpeg((1, 1))), ("note.jpg", b"no picture")]
    answer = quick_server.client.post("/v1/signals", files=[("files", file) for file in files])
    wall, dot, note = answer.json()["results"]
    assert answer.status_code == 200
    assert wall["box"] is None
    assert [signal["name"] for signal in dot["signals"]] == list(SIGNALS)
    assert note["problem"]["code"] == "not_an_image"


def test_a_report_is_one_file_or_the_wire_form(quick_server: Server, photo: bytes) -> None:
    answer = quick_server.client.post("/v1/report", files={"files": ("café.jpg", photo)}, timeout=300)
    found = answer.json()
    assert answer.status_code == 200
    assert found["faces"][0]["faithfulness"]["rivals"] > 0
    assert [signal["name"] for signal in found["signals"]] == list(SIGNALS)
    page = quick_server.client.post("/v1/report?format=html", files={"files": ("café <b>.jpg", photo)}, timeout=300)
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
def test_an_invalid_report_request_is_rejected(
    quick_server: Server, photo: bytes, query: str, files: list[str], status: int, code: str
) -> None:
    answer = quick_server.client.post(f"/v1/report{query}", files=[("files", (name, photo)) for name in files])
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_content_credentials_are_trusted_by_the_certificates_of_the_settings(tmp_path: Path, photo: bytes) -> None:
    provenance = pytest.importorskip("tests.signals.test_provenance", exc_type=ImportError)
    chain, root, key = provenance.certificates()
    anchors = tmp_path / "root.pem"
    anchors.write_bytes(root)
    picture = provenance.signed(photo, chain, key, "trainedAlgorithmicMedia")
    with Server(tmp_path, "--trust", str(anchors)) as server:
        [found] = server.client.post("/v1/signals", files={"files": ("me.jpg", picture)}).json()["results"]
    assert (found["signals"][0]["state"], found["signals"][0]["notice"]) == ("trusted", "strong")
