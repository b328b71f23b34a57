"""Delivers events in order from a thread of its own, so that a slow receiver does not delay the detection."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from unmask.webhooks.delivery import DeliveryFailed, Webhook, new_message_id, retry_delay

ATTEMPTS = 8
"""Attempts for one event; with the delays between them they take about two minutes."""
CAPACITY = 1000
"""Events that wait at most; the oldest one is dropped for a new one."""


class WebhookSender:
    """Sends events to one address, each until the receiver accepts it or the attempts are used up.

    Attributes:
        delivered, dropped: numbers of events.
    """

    def __init__(
        self,
        webhook: Webhook,
        report: Callable[[str], None],
        *,
        attempts: int = ATTEMPTS,
        capacity: int = CAPACITY,
    ) -> None:
        """Start the thread.

        Args:
            webhook: the address and the secret.
            report: receives one line for each failed attempt that is the first or the last one of its event.
            attempts: attempts for one event.
            capacity: events that wait at most.
        """
        self.delivered = self.dropped = 0
        self._webhook, self._report, self._attempts, self._capacity = webhook, report, attempts, capacity
        self._waiting: deque[Mapping[str, Any]] = deque()
        self._sending = 0
        self._changed = threading.Condition()
        self._deadline: float | None = None
        self._thread = threading.Thread(target=self._run, name="webhook", daemon=True)
        self._thread.start()

    def send(self, event: Mapping[str, Any]) -> None:
        """Add an event to the queue; returns at once."""
        with self._changed:
            if len(self._waiting) >= self._capacity:
                self._waiting.popleft()
                self.dropped += 1
            self._waiting.append(event)
            self._changed.notify_all()

    def close(self, seconds: float = 10.0) -> None:
        """Deliver what waits for at most some seconds, and end the thread. What is left counts as dropped."""
        with self._changed:
            self._deadline = time.monotonic() + seconds
            self._changed.notify_all()
        self._thread.join(seconds + 1.0)
        with self._changed:
            self.dropped += len(self._waiting) + self._sending
            self._waiting.clear()

    def _run(self) -> None:
        while (event := self._next()) is not None:
            delivered = self._deliver(event)
            with self._changed:
                self._sending = 0
                self.delivered += delivered
                self.dropped += not delivered

    def _next(self) -> Mapping[str, Any] | None:
        """The next event; None if the sender is closed and nothing waits or the time is over."""
        with self._changed:
            while not self._waiting and self._deadline is None:
                self._changed.wait()
            if not self._waiting or not self._has_time():
                return None
            self._sending = 1
            return self._waiting.popleft()

    def _deliver(self, event: Mapping[str, Any]) -> bool:
        message_id = new_message_id()
        for attempt in range(1, self._attempts + 1):
            try:
                self._webhook.deliver(message_id, event)
            except DeliveryFailed as failure:
                last = not failure.retry or attempt == self._attempts
                if last or attempt == 1:
                    end = "the event is dropped" if last else "trying again"
                    self._report(f"webhook {self._webhook.host}: {failure.message}; {end}")
                if last or not self._wait(retry_delay(attempt, failure)):
                    return False
            else:
                return True
        return False

    def _wait(self, seconds: float) -> bool:
        """Wait before the next attempt; returns whether there is time for it."""
        end = time.monotonic() + seconds
        with self._changed:
            while (left := end - time.monotonic()) > 0 and self._has_time():
                self._changed.wait(left if self._deadline is None else min(left, self._deadline - time.monotonic()))
            return self._has_time()

    def _has_time(self) -> bool:
        return self._deadline is None or time.monotonic() < self._deadline
