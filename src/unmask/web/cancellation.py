"""Cancellation and progress of work that runs in a thread while a request waits for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.requests import ClientDisconnect

from unmask.web.errors import ClientDisconnected

if TYPE_CHECKING:
    from starlette.requests import Request

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Step:
    """Progress of one step of the work on a picture.

    Attributes:
        step: number of the step, counted from 1.
        done, total: finished inferences, and all inferences of the step.
    """

    step: int
    done: int
    total: int | None


def ignore_step(step: Step) -> None:
    """Ignores progress."""


class CancellationToken:
    """Shared by a waiting request, which may cancel, and by its work, which calls `check` after each batch.

    Attributes:
        checks: number of `check` calls; it grows as long as the work makes progress.
    """

    def __init__(self) -> None:
        self._cancelled = threading.Event()
        self.checks = 0

    def cancel(self) -> None:
        """Make the next `check` end the work."""
        self._cancelled.set()

    def check(self) -> None:
        """Count a sign of progress.

        Raises:
            ClientDisconnected: the token was cancelled.
        """
        if self._cancelled.is_set():
            raise ClientDisconnected("the client closed the connection before the work was done")
        self.checks += 1


class StepProgress:
    """Progress callable (`unmask.progress.Progress`) that checks a token and numbers the steps of the work."""

    def __init__(self, token: CancellationToken, on_step: Callable[[Step], None] = ignore_step) -> None:
        self._token = token
        self._on_step = on_step
        self._step = 0
        self._last: tuple[str, int, int | None] = ("", 0, 0)

    def __call__(self, task: str, done: int, total: int | None) -> None:
        """Report progress. Another task, another total, or a count that does not grow begins the next step.

        Raises:
            ClientDisconnected: the token was cancelled.
        """
        self._token.check()
        last_task, last_done, last_total = self._last
        if (task, total) != (last_task, last_total) or done <= last_done:
            self._step += 1
        self._last = (task, done, total)
        if done:
            self._on_step(Step(self._step, done, total))


async def while_connected(request: Request, work: asyncio.Future[Result]) -> Result:
    """Wait for `work`, and cancel it if the client closes the connection.

    Raises:
        ClientDisconnect: the client closed the connection first.
    """

    async def disconnected() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    disconnect = asyncio.create_task(disconnected())
    either: set[asyncio.Future[Any]] = {work, disconnect}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            return work.result()
        work.cancel()
        raise ClientDisconnect
    finally:
        disconnect.cancel()
