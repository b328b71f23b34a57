"""`POST /v1/detect`: pictures in, verdicts out."""

from __future__ import annotations

import hashlib

import pytest

from tests.web.pictures import png
from tests.web.server_process import Server
from unmask import Detector
from unmask.headline import make_headline
from unmask.prevalence import restate_probability


def test_a_verdict_equals_that_of_the_detector_exactly(
    server: Server, photo: bytes, default_detector: Detector
) -> None:
    answer = server.detect(("me.jpg", photo))
    [found] = answer.json()["results"]
    verdict = default_detector.predict(photo, name="me.jpg")
    assert answer.status_code == 200
    assert found.pop("headline") == make_headline(verdict, default_detector.card).to_dict()
    assert {**found, "seconds": 0, "id": 0} == {**verdict.to_dict(), "seconds": 0, "id": 0}
    assert found["sha256"] == hashlib.sha256(photo).hexdigest()


def test_probabilities_are_restated_for_a_share_of_fakes(server: Server, photo: bytes) -> None:
    [found] = server.detect(("me.jpg", photo), params={"prevalence": 0.01}).json()["results"]
    restated = restate_probability(found["probability_fake"], 0.01)
    assert found["at_prevalence"] == {"prevalence": 0.01, "probability_fake": restated, "faces": [restated]}
    assert server.detect(("me.jpg", photo), params={"prevalence": 1}).status_code == 422


def test_a_picture_may_be_the_body(server: Server, photo: bytes) -> None:
    answer = server.client.post("/v1/detect?name=a.jpg", content=photo, headers={"Content-Type": "image/jpeg"})
    assert answer.json()["results"][0]["path"] == "a.jpg"


def test_a_bad_picture_does_not_affect_the_others(server: Server, photo: bytes) -> None:
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
def test_the_response_is_a_problem_if_no_picture_could_be_judged(
    server: Server, data: bytes, status: int, code: str
) -> None:
    answer = server.detect(("x.jpg", data))
    problem = answer.json()
    assert answer.status_code == problem["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["code"] == problem["results"][0]["problem"]["code"] == code


def test_no_face_is_a_label_and_the_whole_picture_can_be_judged(server: Server) -> None:
    assert server.detect(("faceless.png", png())).json()["results"][0]["label"] == "no_face"
    whole = server.detect(("faceless.png", png()), params={"whole_picture": True}).json()["results"][0]
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
def test_an_invalid_body_is_a_problem(server: Server, body: bytes, kind: str) -> None:
    answer = server.client.post("/v1/detect", content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_request")


def test_notes_on_an_odd_file_are_in_the_response(server: Server, photo: bytes) -> None:
    whole, odd = server.detect(("a.jpg", photo), ("b.jpg", photo[:-2])).json()["results"]
    assert "notes" not in whole
    assert odd["notes"] == ["The end marker of the JPEG file is missing; all pixels are there."]
    assert odd["probability_fake"] == whole["probability_fake"]
