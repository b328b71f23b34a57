"""History, feedback and retention, on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any

from tests.web.server_process import Server


def detect_one(database_server: Server, photo: bytes, name: str = "me.jpg") -> dict[str, Any]:
    result: dict[str, Any] = database_server.detect((name, photo), params={"stability": False}).json()["results"][0]
    return result


def test_the_history_lists_verdicts_newest_first_in_pages(database_server: Server, photo: bytes) -> None:
    ids = [detect_one(database_server, photo, f"{number}.jpg")["id"] for number in range(5)]
    first = database_server.client.get("/v1/history?limit=2").json()
    second = database_server.client.get("/v1/history", params={"limit": 3, "before": first["next"]}).json()
    assert [entry["id"] for entry in first["items"] + second["items"]] == ids[::-1]
    assert (first["total"], second["next"]) == (5, None)


def test_an_entry_is_the_wire_form_with_id_and_time(database_server: Server, photo: bytes) -> None:
    found = detect_one(database_server, photo)
    entry = database_server.client.get(f"/v1/history/{found['id']}").json()
    assert {name: entry[name] for name in found} == found
    assert entry["feedback"] == []


def test_the_history_can_be_filtered_by_label(database_server: Server, photo: bytes) -> None:
    label = detect_one(database_server, photo)["label"]
    assert database_server.client.get(f"/v1/history?label={label}").json()["total"] == 1
    other = "fake" if label != "fake" else "real"
    assert database_server.client.get(f"/v1/history?label={other}").json() == {"items": [], "total": 0, "next": None}


def test_a_verdict_can_be_left_out_of_the_history(database_server: Server, photo: bytes) -> None:
    answer = database_server.detect(("me.jpg", photo), params={"remember": False})
    assert answer.json()["results"][0]["id"] is None
    assert database_server.client.get("/v1/history").json()["total"] == 0


def test_feedback_is_stored_with_its_verdict(database_server: Server, photo: bytes) -> None:
    found = detect_one(database_server, photo)
    answer = database_server.client.post(
        "/v1/feedback", json={"id": found["id"], "truth": "fake", "comment": "<script>"}
    )
    assert answer.status_code == 201
    entry = database_server.client.get(f"/v1/history/{found['id']}").json()
    assert [(given["truth"], given["comment"]) for given in entry["feedback"]] == [("fake", "<script>")]
    assert database_server.client.post("/v1/feedback", json={"id": "0" * 30, "truth": "fake"}).status_code == 404
    assert database_server.client.post("/v1/feedback", json={"id": found["id"], "truth": "maybe"}).status_code == 422


def test_deletion_removes_verdict_feedback_and_picture(database_server: Server, photo: bytes) -> None:
    first, second = detect_one(database_server, photo), detect_one(database_server, photo)
    database_server.client.post("/v1/feedback", json={"id": first["id"], "truth": "real"})
    kept = database_server.data / "pictures" / first["sha256"][:2] / first["sha256"]
    assert database_server.client.get(f"/v1/history/{first['id']}/picture").content == photo
    assert database_server.client.delete(f"/v1/history/{first['id']}").json() == {"deleted": 1}
    assert database_server.client.get(f"/v1/history/{first['id']}").status_code == 404
    assert database_server.client.delete(f"/v1/history/{first['id']}").status_code == 404
    assert kept.exists(), "another verdict still refers to it"
    database_server.client.delete(f"/v1/history/{second['id']}")
    assert not kept.exists()


def test_the_whole_history_can_be_deleted(database_server: Server, photo: bytes) -> None:
    for _ in range(3):
        detect_one(database_server, photo)
    assert database_server.client.delete("/v1/history").json() == {"deleted": 3}
    assert database_server.client.get("/v1/history").json()["total"] == 0
    assert [path for path in (database_server.data / "pictures").rglob("*") if path.is_file()] == []


def test_purge_deletes_old_data(database_server: Server, photo: bytes) -> None:
    detect_one(database_server, photo)
    assert database_server.command("--purge", "1").startswith("deleted 0 verdicts")
    assert database_server.command("--purge", "0").startswith("deleted 1 verdicts")
    assert database_server.client.get("/v1/history").json()["total"] == 0


def test_the_history_is_searched_by_name_and_date(server: Server, photo: bytes) -> None:
    server.detect(("Holiday_100%.jpg", photo))
    server.detect(("office.jpg", photo))

    def found(**query: str) -> list[str]:
        return [entry["path"] for entry in server.client.get("/v1/history", params=query).json()["items"]]

    assert found(name="holiday_100%") == ["Holiday_100%.jpg"]
    assert found(name="office", since="2020-01-01T00:00:00Z") == ["office.jpg"]
    assert found(name="office", until="2020-01-01T00:00:00+02:00") == []
    assert server.client.get("/v1/history", params={"since": "yesterday"}).status_code == 422
