from __future__ import annotations

import socket
import threading

import pytest
from standardwebhooks import WebhookVerificationError

from tests.webhooks.receiver import SECRET, Receiver
from unmask.errors import UsageError
from unmask.webhooks import DeliveryFailed, Webhook, make_event, retry_delay


def test_the_reference_library_verifies_the_signature() -> None:
    event = make_event("stream.verdict", {"label": "fake", "name": "Zoë"})
    with Receiver() as receiver:
        Webhook(receiver.url, SECRET).deliver("msg_1", event)
        Webhook(receiver.url, b"another secret, not theirs").deliver("msg_2", event)
    good, bad = receiver.deliveries
    assert good.event == event
    assert good.headers["webhook-id"] == "msg_1"
    assert good.headers["content-type"] == "application/json"
    assert good.headers["user-agent"].startswith("unmask/")
    with pytest.raises(WebhookVerificationError):
        _ = bad.event


@pytest.mark.parametrize(
    ("status", "retry"), [(500, True), (503, True), (429, True), (408, True), (400, False), (410, False), (302, False)]
)
def test_failures_state_whether_to_try_again(status: int, retry: bool) -> None:
    headers = {"Retry-After": "7", "Location": "http://127.0.0.1:9/elsewhere"}
    failing = pytest.raises(DeliveryFailed, match=f"status {status}")
    with Receiver(status, headers=headers) as receiver, failing as failed:
        Webhook(receiver.url, SECRET).deliver("msg_1", {})
    assert (failed.value.retry, failed.value.retry_after, len(receiver.deliveries)) == (retry, 7.0, 1)


def test_an_unreachable_receiver_is_tried_again() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    with pytest.raises(DeliveryFailed, match="refused") as failed:
        Webhook(url, SECRET).deliver("msg_1", {})
    assert failed.value.retry


def test_a_receiver_that_answers_nonsense_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"no HTTP\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(DeliveryFailed) as failed:
            Webhook(f"http://127.0.0.1:{server.getsockname()[1]}/", SECRET).deliver("msg_1", {})
        thread.join()
    assert failed.value.retry
    assert "\n" not in failed.value.message


def test_delays_double_up_to_a_limit_and_follow_the_receiver() -> None:
    failure = DeliveryFailed("status 503", retry=True)
    assert [retry_delay(attempt, failure) for attempt in (1, 2, 3, 4, 99)] == [1, 2, 4, 8, 600]
    asked = DeliveryFailed("status 429", retry=True, retry_after=30.0)
    assert [retry_delay(attempt, asked) for attempt in (1, 6)] == [30, 32]
    assert retry_delay(1, DeliveryFailed("status 503", retry=True, retry_after=1e9)) == 600


@pytest.mark.parametrize(
    "url", ["", "example.org/hook", "ftp://a/b", "http://", "http://[/", "http://a:x/", "http://a b/"]
)
def test_other_addresses_are_rejected(url: str) -> None:
    with pytest.raises(UsageError, match="is not the address of a webhook"):
        Webhook(url, SECRET)


def test_a_password_in_the_address_is_rejected_and_not_shown() -> None:
    with pytest.raises(UsageError, match="must not contain a name or password") as error:
        Webhook("https://me:hunter2@example.org/", SECRET)
    assert "hunter2" not in error.value.message


def test_the_secret_is_not_part_of_the_representation() -> None:
    assert "0123456789abcdef" not in repr(Webhook("https://example.org/", SECRET))
