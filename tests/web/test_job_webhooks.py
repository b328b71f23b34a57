"""Webhooks that announce ended jobs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.server_process import Server
from tests.webhooks.receiver import SECRET, Receiver
from unmask.errors import UsageError
from unmask.verdict import Failure, Finding
from unmask.web.job_notifier import open_webhook
from unmask.web.server import check_startup
from unmask.web.settings import Settings
from unmask.web.store import Store, job_webhooks, jobs, keys
from unmask.web.store.tables import new_id, now
from unmask.webhooks import SECRET_VARIABLE

FINDING = Finding("a", Failure("x", "y"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path / 'new.db'}")
    yield opened
    opened.close()


def accept_job(store: Store, *items: jobs.JobItem, owner: str = "me") -> str:
    job = new_id()
    store.write(jobs.accept, job, owner, "here", items, {}, announce=True)
    return job


def claim_webhook(store: Store) -> job_webhooks.JobMessage | None:
    return store.write(job_webhooks.claim, 60.0)


def test_a_job_is_announced_once_and_only_when_it_ends(store: Store) -> None:
    job = accept_job(store, jobs.JobItem("a"), jobs.JobItem("b"))
    for expected in (None, job):
        claim = store.write(jobs.claim, "here", "run", 60.0)
        assert claim is not None
        store.write(jobs.finish, claim, FINDING, kept=False, announce=True)
        message = claim_webhook(store)
        assert (message and message.job_id) == expected
    assert claim is not None
    store.write(jobs.finish, claim, FINDING, kept=False, announce=True)
    store.write(jobs.cancel, "me", job, announce=True)
    assert claim_webhook(store) is None


def test_canceled_jobs_and_jobs_without_a_readable_picture_are_announced(store: Store) -> None:
    broken = accept_job(store, jobs.JobItem("a", Failure("x", "y")))
    first = claim_webhook(store)
    canceled = accept_job(store, jobs.JobItem("a"))
    store.write(jobs.cancel, "me", canceled, announce=True)
    store.write(jobs.cancel, "me", canceled, announce=True)
    second, third = claim_webhook(store), claim_webhook(store)
    assert (first and first.job_id, second and second.job_id, third) == (broken, canceled, None)


def test_an_attempt_is_repeated_under_the_same_id_until_it_is_settled(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    store = Store.open(url)
    accept_job(store, jobs.JobItem("a", Failure("x", "y")))
    first = store.write(job_webhooks.claim, -1.0)
    store.close()
    store = Store.open(url)
    second = store.write(job_webhooks.claim, -1.0)
    assert first is not None
    assert second is not None
    assert (second.message_id, first.attempt, second.attempt) == (first.message_id, 1, 2)
    store.write(job_webhooks.settle, second, job_webhooks.WAITING, 60.0)
    assert claim_webhook(store) is None
    store.write(job_webhooks.settle, second, job_webhooks.WAITING, -1.0)
    assert claim_webhook(store) is not None
    store.write(job_webhooks.settle, second, job_webhooks.DELIVERED)
    assert claim_webhook(store) is None
    store.close()


def test_the_message_names_the_key_and_a_deleted_job_has_none(store: Store) -> None:
    owner = store.read(keys.owner_of, store.write(keys.add, "desk"))
    assert owner is not None
    accept_job(store, jobs.JobItem("a", Failure("x", "y")), owner=owner)
    message = store.write(job_webhooks.claim, -1.0)
    assert message is not None
    assert message.key == "desk"
    assert store.write(jobs.delete_all, now()) == 1
    assert claim_webhook(store) is None
    store.write(job_webhooks.settle, message, job_webhooks.DELIVERED)


def test_a_webhook_without_a_secret_or_with_a_bad_address_ends_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(SECRET_VARIABLE, raising=False)
    with pytest.raises(UsageError, match="a webhook needs a secret"):
        check_startup(Settings(job_webhook="https://a.example/", data_dir=str(tmp_path), port=0))
    with pytest.raises(UsageError, match="is not the address of a webhook"):
        open_webhook(Settings(job_webhook="a.example"), {SECRET_VARIABLE: SECRET.decode()})
    (tmp_path / "secret").write_bytes(SECRET)
    settings = Settings(job_webhook="https://a.example/", job_webhook_secret_file=str(tmp_path / "secret"))
    webhook = open_webhook(settings, {})
    assert webhook is not None
    assert webhook.secret == SECRET
    assert open_webhook(Settings(), {}) is None


@pytest.mark.integration
def test_a_server_announces_a_job_without_delaying_it(tmp_path: Path, photo: bytes, quick_model: Path) -> None:
    secret = {SECRET_VARIABLE: SECRET.decode()}
    with Receiver(503, pause=1.0) as receiver:
        flags = ("--model", str(quick_model), "--job-webhook", receiver.url)
        with Server(tmp_path, *flags, **secret) as server:
            files = [("files", ("a.jpg", photo)), ("files", ("b.jpg", b"no picture"))]
            job = server.client.post("/v1/jobs", files=files).json()["id"]
            while (found := server.client.get(f"/v1/jobs/{job}?limit=0").json())["state"] != "done":
                time.sleep(0.01)
            assert len(receiver.deliveries) == 0, "the job does not wait for the slow receiver"
            first, second = receiver.wait(2)
        assert (first.status, second.status) == (503, 204)
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        event = second.event
        assert event["type"] == "job.done"
        results = ("results", "next")
        assert event["data"] == {**{name: found[name] for name in found if name not in results}, "key": None}
        assert SECRET.decode() not in server.log.read_text()
