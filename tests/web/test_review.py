"""The review queue of the REST API, on SQLite and PostgreSQL, and the same queue in the terminal."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from tests.conftest import application
from tests.web.server_process import Server
from unmask.datasets import Dataset


def test_a_disputed_verdict_is_reviewed_by_two_people(database_server: Server, photo: bytes) -> None:
    client = database_server.client
    found = database_server.detect(("me.jpg", photo), params={"stability": False}).json()["results"][0]
    wrong = "real" if found["label"] == "fake" else "fake"
    client.post("/v1/feedback", json={"id": found["id"], "truth": wrong})
    asked = {"reviewers": 2, "control": 0, "reviewer": "ana"}
    queue = client.get("/v1/review", params=asked).json()
    assert [entry["id"] for entry in queue["items"]] == [found["id"]]
    assert queue["items"][0]["reason_for_review"] in ("disputed", "unsure")
    decision = {"id": found["id"], "choice": "fake", "kind": "generated", "reviewer": "ana"}
    assert client.post("/v1/review", json=decision).status_code == 201
    assert client.get("/v1/review", params=asked).json()["open"] == 0
    other = client.get("/v1/review", params={**asked, "reviewer": "ben"}).json()
    assert [each["choice"] for each in other["items"][0]["decisions"]] == ["fake"]
    client.post("/v1/review", json={**decision, "choice": "real", "kind": "", "reviewer": "ben"})
    assert client.get("/v1/review", params={**asked, "reviewer": "cleo"}).json()["disagreements"] == 1
    again = {**asked, "disagreements": True}
    assert [entry["id"] for entry in client.get("/v1/review", params=again).json()["items"]] == [found["id"]]
    client.post("/v1/review", json={**decision, "reviewer": "ben"})
    assert client.get("/v1/review", params=again).json()["items"] == []


def test_decisions_need_an_own_verdict_and_a_known_choice(database_server: Server) -> None:
    client = database_server.client
    assert client.post("/v1/review", json={"id": "0" * 30, "choice": "real"}).status_code == 404
    assert client.post("/v1/review", json={"id": "0" * 30, "choice": "maybe"}).status_code == 422


def test_the_terminal_exports_what_was_decided_on_the_page(tmp_path: Path, photo: bytes, quick_model: Path) -> None:
    with Server(tmp_path, "--model", str(quick_model), "--keep-images") as server:
        found = server.detect(("me.jpg", photo), params={"stability": False}).json()["results"][0]
        wrong = "real" if found["label"] == "fake" else "fake"
        server.client.post("/v1/feedback", json={"id": found["id"], "truth": wrong})
        server.client.post("/v1/review", json={"id": found["id"], "choice": wrong, "reviewer": "ana"})
        page = server.client.get("/review")
        assert page.status_code == 200
        assert "static/js/review.js" in page.text
        out = tmp_path / "reviewed.csv"
        arguments = ["review", "--history", "--data-dir", str(server.data), "--out", str(out), "--no-show"]
        result = CliRunner().invoke(application(), arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    (item,) = Dataset.load(out)
    assert item.label == wrong
    assert item.path.read_bytes() == photo


def test_a_kept_picture_is_judged_again_as_a_new_entry(database_server: Server, photo: bytes) -> None:
    client = database_server.client
    found = database_server.detect(("me.jpg", photo), params={"stability": False}).json()["results"][0]
    answer = client.post(f"/v1/history/{found['id']}/rejudge")
    assert answer.status_code == 201
    new = answer.json()
    assert new["id"] != found["id"]
    assert new["probability_fake"] == found["probability_fake"]
    assert new["faces"][0]["stability"] is None
    assert client.get("/v1/history").json()["total"] == 2
    assert client.post(f"/v1/history/{'0' * 30}/rejudge").status_code == 404
