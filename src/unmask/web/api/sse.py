"""Answers that take long, with their progress: server-sent events for clients that accept them."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.responses import Response, StreamingResponse

from unmask.errors import UnmaskError
from unmask.web.api.upload_batch import each, outcomes, take
from unmask.web.cancellation import Progress, Watch
from unmask.web.problems import problem
from unmask.web.uploads import Upload, UploadLimits, UploadReader

if TYPE_CHECKING:
    from starlette.requests import Request

    from unmask.web.services import Services

MEDIA_TYPE = "text/event-stream"
ALIVE_SECONDS = 15.0
STREAM: dict[str, Any] = {
    MEDIA_TYPE: {
        "schema": {"type": "string"},
        "example": 'event: progress\ndata: {"picture": 0, "step": 1, "done": 16, "total": 256}\n\n'
        'event: result\ndata: {"results": []}\n\n',
    }
}
"""The stream in the OpenAPI description."""
log = logging.getLogger("unmask.web")

Result = TypeVar("Result")
Work = Callable[[Upload, Watch], Awaitable[Result]]
Answer = Callable[[Sequence[Upload], Sequence[Result | UnmaskError]], Response]
Pack = Callable[[Response], dict[str, Any]]


def event(name: str, data: dict[str, Any]) -> str:
    """One server-sent event."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


def as_json(response: Response) -> dict[str, Any]:
    """The body of a JSON response."""
    body: dict[str, Any] = json.loads(bytes(response.body))
    return body


async def respond(
    request: Request,
    services: Services,
    limits: UploadLimits,
    work: Work[Result],
    answer: Answer[Result],
    pack: Pack = as_json,
) -> Response:
    """Take the pictures of a request, do `work` on each, and give the `answer`.

    A client that accepts `text/event-stream` gets `progress` events, and in the end one `result` or `problem` with
    what `pack` makes of the answer. Work for a client that leaves is ended.

    Raises:
        RequestError: the request cannot be answered, now or ever.
    """
    async with AsyncExitStack() as stack:
        intake = await stack.enter_async_context(UploadReader(request, limits, services.budget))
        uploads = await take(request, services, intake)
        if MEDIA_TYPE not in request.headers.get("accept", ""):
            return answer(uploads, await each(request, uploads, lambda upload: work(upload, Watch())))
        stream = _Stream(stack.pop_all(), uploads, work, answer, pack)
        return StreamingResponse(stream.events(), media_type=MEDIA_TYPE)


class _Stream:
    """The events of one request. `held` is closed when the work is over, whether or not anybody reads."""

    def __init__(
        self, held: AsyncExitStack, uploads: Sequence[Upload], work: Work[Any], answer: Answer[Any], pack: Pack
    ) -> None:
        self._uploads, self._work, self._answer, self._pack = uploads, work, answer, pack
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Queue[str | None] = asyncio.Queue()
        self._task = asyncio.create_task(self._run(held))

    async def events(self) -> AsyncIterator[str]:
        """Each event as it comes."""
        try:
            while True:
                try:
                    async with asyncio.timeout(ALIVE_SECONDS):
                        ready = await self._ready.get()
                except TimeoutError:
                    ready = ": still here\n\n"
                if ready is None:
                    return
                yield ready
        finally:
            self._task.cancel()

    async def _run(self, held: AsyncExitStack) -> None:
        async with held:
            try:
                found = await outcomes(self._uploads, self._one)
                response = self._answer(self._uploads, found)
            except Exception:
                log.exception("unexpected error in a stream")
                response = problem(500, "internal", "unexpected error; the server's log has the details")
        good = response.status_code == 200
        self._ready.put_nowait(event("result", self._pack(response)) if good else event("problem", as_json(response)))
        self._ready.put_nowait(None)

    async def _one(self, upload: Upload) -> Any:
        position = next(place for place, each in enumerate(self._uploads) if each is upload)

        def tell(progress: Progress) -> None:
            told = event("progress", {"picture": position, **asdict(progress)})
            self._loop.call_soon_threadsafe(self._ready.put_nowait, told)

        return await self._work(upload, Watch(tell))
