"""Pictures in JSON bodies."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.web.pictures import jpeg, png
from tests.web.server_process import Server
from unmask.web.errors import BadRequest
from unmask.web.json_upload import decode_json_upload, max_body_bytes

DATA = bytes(range(256)) * 3 + b"\xfb\xff"
TEXT = base64.b64encode(DATA).decode()


@pytest.mark.parametrize(
    "image",
    [
        TEXT,
        TEXT.rstrip("="),
        base64.urlsafe_b64encode(DATA).decode(),
        base64.encodebytes(DATA).decode(),
        f"data:image/jpeg;base64,{TEXT}",
        f"DATA:;BASE64,{TEXT}",
    ],
    ids=["plain", "no padding", "URL-safe", "lines", "data URL", "upper case"],
)
def test_every_form_of_base64_is_decoded(image: str) -> None:
    assert decode_json_upload(json.dumps({"image": image}).encode()) == (None, DATA)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"\xff\xd8\xff", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b'["x"]', "not an object"),
        (b"{}", 'no text `image`; send {"image"'),
        (b'{"image": ["x"]}', "no text `image`"),
        (b'{"image": "?"}', "`image` is not base64"),
        (b'{"image": "AAAAA"}', "`image` is not base64"),
        (b'{"image": "AA=AA"}', "`image` is not base64"),
        (b'{"image": "\\ud800"}', "`image` is not base64"),
        (b'{"image": "data:image/svg+xml,<svg/>"}', "data URL without base64"),
        (b'{"image": "AAAA", "name": 5}', "`name` in the JSON body must be text"),
    ],
)
def test_an_invalid_body_names_the_remedy(body: bytes, words: str) -> None:
    with pytest.raises(BadRequest) as caught:
        decode_json_upload(body)
    assert words in caught.value.message


def test_the_limit_of_the_body_leaves_space_for_line_breaks() -> None:
    text = base64.encodebytes(bytes(3_000_000)).decode()
    assert len(json.dumps({"image": text, "name": "a" * 255})) <= max_body_bytes(3_000_000)


def post(server: Server, path: str, **body: Any) -> Any:
    return server.client.post(path, json=body)


def test_a_picture_in_json_gets_the_verdict_of_its_bytes(quick_server: Server, photo: bytes) -> None:
    varying = {"id": 0, "seconds": 0}
    [plain] = quick_server.detect(("a.jpg", photo)).json()["results"]
    answer = post(quick_server, "/v1/detect", image=base64.b64encode(photo).decode(), name="../a.jpg")
    assert answer.status_code == 200
    assert {**answer.json()["results"][0], **varying} == {**plain, **varying}
    url = f"data:image/jpeg;base64,{base64.b64encode(photo).decode()}"
    [named] = post(quick_server, "/v1/detect?name=b.jpg", image=url).json()["results"]
    assert (named["path"], named["sha256"]) == ("b.jpg", plain["sha256"])


@pytest.mark.parametrize("path", ["/v1/detect", "/v1/explain", "/v1/signals", "/v1/report", "/v1/jobs"])
def test_all_upload_endpoints_accept_json(quick_server: Server, photo: bytes, path: str) -> None:
    assert post(quick_server, path, image=base64.b64encode(photo).decode()).status_code in (200, 202)
    rejected = post(quick_server, path, picture="x")
    assert (rejected.status_code, rejected.json()["code"]) == (422, "bad_request")


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (jpeg() + bytes(1024 * 1024), 413, "image_too_large"),
        (bytes(2 * 1024 * 1024), 413, "upload_too_large"),
        (b"no picture", 415, "not_an_image"),
        (b"", 422, "empty_file"),
    ],
    ids=["picture", "body", "text", "nothing"],
)
def test_the_limits_apply_to_the_decoded_bytes(strict_server: Server, data: bytes, status: int, code: str) -> None:
    answer = post(strict_server, "/v1/detect", image=base64.b64encode(data).decode())
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_memory_of_a_json_body_is_released(quick_server: Server) -> None:
    """Each body is charged to the budget of 512 MB; without a release the last ones would not be accepted."""
    image = base64.b64encode(png() + bytes(20 * 1024 * 1024)).decode()
    body = json.dumps({"image": image}).encode()
    headers = {"Content-Type": "application/json; charset=utf-8"}
    for _ in range(8):
        assert quick_server.client.post("/v1/detect?remember=false", content=body, headers=headers).status_code == 200
