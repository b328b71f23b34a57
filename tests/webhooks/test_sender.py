from __future__ import annotations

import time

import pytest

from tests.webhooks.receiver import SECRET, Receiver
from unmask.webhooks import Webhook, WebhookSender, delivery, make_event


@pytest.fixture(autouse=True)
def _short_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "FIRST_DELAY", 0.01)


def test_events_arrive_in_order_after_retries() -> None:
    lines: list[str] = []
    with Receiver(503, 500, 204, 429) as receiver:
        sender = WebhookSender(Webhook(receiver.url, SECRET), lines.append)
        for number in range(5):
            sender.send(make_event("test", {"number": number}))
        sender.close()
        events = [each.event["data"]["number"] for each in receiver.deliveries if each.status == 204]
        ids = [each.headers["webhook-id"] for each in receiver.deliveries]
    assert events == [0, 1, 2, 3, 4]
    assert (len(ids), len(set(ids)), ids[0]) == (8, 5, ids[2])
    assert (sender.delivered, sender.dropped) == (5, 0)
    assert [line.partition(": ")[2] for line in lines] == ["status 503; trying again", "status 429; trying again"]
    assert "/hook" not in lines[0]


def test_a_rejected_event_is_dropped_at_once_and_one_without_end_after_the_attempts() -> None:
    lines: list[str] = []
    with Receiver(400, 500, 500, 500) as receiver:
        sender = WebhookSender(Webhook(receiver.url, SECRET), lines.append, attempts=3)
        for _ in range(3):
            sender.send({})
        sender.close()
    assert (sender.delivered, sender.dropped, len(receiver.deliveries)) == (1, 2, 5)
    assert [line.partition("; ")[2] for line in lines] == [
        "the event is dropped",
        "trying again",
        "the event is dropped",
    ]


def test_sending_never_waits_and_the_queue_is_bounded() -> None:
    with Receiver(pause=0.3) as receiver:
        sender = WebhookSender(Webhook(receiver.url, SECRET), lambda line: None, capacity=10)
        started = time.monotonic()
        for number in range(1000):
            sender.send({"number": number})
        assert time.monotonic() - started < 0.2
        assert len(sender._waiting) <= 10
        sender.close(0.1)
    assert sender.delivered + sender.dropped == 1000
    assert sender.dropped > 980


def test_closing_does_not_wait_for_long_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "FIRST_DELAY", 30.0)
    with Receiver(500) as receiver:
        sender = WebhookSender(Webhook(receiver.url, SECRET), lambda line: None)
        sender.send({})
        receiver.wait(1)
        started = time.monotonic()
        sender.close(0.2)
        assert time.monotonic() - started < 2
    assert (sender.delivered, sender.dropped) == (0, 1)
