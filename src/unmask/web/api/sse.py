"""Server-sent events: responses of slow endpoints with progress, for clients that accept `text/event-stream`.

api/jobs.py streams the events of a job.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.responses import Response, StreamingResponse

from unmask.errors import UnmaskError
from unmask.web.api.upload_batch import gather_outcomes, read_uploads, run_all
from unmask.web.cancellation import CancellationToken, Step, StepProgress, ignore_step
from unmask.web.problem_details import problem_response
from unmask.web.uploads import Upload, UploadLimits, UploadReader

if TYPE_CHECKING:
    from starlette.requests import Request

    from unmask.progress import Progress
    from unmask.web.services import Services

MEDIA_TYPE = "text/event-stream"
KEEP_ALIVE_SECONDS = 15.0
KEEP_ALIVE = ": keep-alive\n\n"
STREAM_CONTENT: dict[str, Any] = {
    MEDIA_TYPE: {
        "schema": {"type": "string"},
        "example": 'event: progress\ndata: {"picture": 0, "step": 1, "done": 16, "total": 256}\n\n'
        'event: result\ndata: {"results": []}\n\n',
    }
}
"""The stream in the OpenAPI description."""
log = logging.getLogger("unmask.web")

Result = TypeVar("Result")
Work = Callable[[Upload, "Progress"], Result]
"""Work on one picture; runs in a thread of the pool."""
BuildResponse = Callable[[Sequence[Upload], Sequence[Result | UnmaskError]], Response]
EncodeResult = Callable[[Response], dict[str, Any]]


def event(name: str, data: dict[str, Any]) -> str:
    """One server-sent event."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


def json_body(response: Response) -> dict[str, Any]:
    """The body of a JSON response."""
    body: dict[str, Any] = json.loads(bytes(response.body))
    return body


async def respond(
    request: Request,
    services: Services,
    limits: UploadLimits,
    work: Work[Result],
    build: BuildResponse[Result],
    encode: EncodeResult = json_body,
) -> Response:
    """Read the pictures of a request, run `work` on each, and return the response or a stream of events.

    A client that accepts `text/event-stream` receives `progress` events, then one `result` or `problem`. The work ends
    if the client leaves.

    Args:
        request: the request.
        services: services of the server.
        limits: limits of the upload.
        work: makes the result of one picture.
        build: makes the response from the results and errors.
        encode: makes the data of the `result` event from a successful response.

    Raises:
        RequestError: the queue is full, the body is invalid, or a limit is exceeded.
    """
    async with AsyncExitStack() as stack:
        reader = await stack.enter_async_context(UploadReader(request, limits, services.budget))
        uploads = await read_uploads(request, services, reader)
        if MEDIA_TYPE not in request.headers.get("accept", ""):
            return build(uploads, await run_all(request, uploads, lambda upload: _run(services, work, upload)))
        stream = _Stream(stack.pop_all(), services, uploads, work, build, encode)
        return StreamingResponse(stream.events(), media_type=MEDIA_TYPE)


async def _run(
    services: Services, work: Work[Result], upload: Upload, on_step: Callable[[Step], None] = ignore_step
) -> Result:
    token = CancellationToken()
    return await services.pool.run(partial(work, upload, StepProgress(token, on_step)), token)


class _Stream:
    """The events of one request.

    Its resources are released when the work is done, even if the client does not read the events.
    """

    def __init__(
        self,
        resources: AsyncExitStack,
        services: Services,
        uploads: Sequence[Upload],
        work: Work[Any],
        build: BuildResponse[Any],
        encode: EncodeResult,
    ) -> None:
        self._services, self._uploads, self._work = services, uploads, work
        self._build, self._encode = build, encode
        self._loop = asyncio.get_running_loop()
        self._events: asyncio.Queue[str | None] = asyncio.Queue()
        self._task = asyncio.create_task(self._produce(resources))

    async def events(self) -> AsyncIterator[str]:
        """Yield each event when it is ready, and a comment every `KEEP_ALIVE_SECONDS` in between."""
        try:
            while True:
                try:
                    async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                        ready = await self._events.get()
                except TimeoutError:
                    ready = KEEP_ALIVE
                if ready is None:
                    return
                yield ready
        finally:
            self._task.cancel()

    async def _produce(self, resources: AsyncExitStack) -> None:
        async with resources:
            try:
                outcomes = await gather_outcomes(self._uploads, self._process)
                response = self._build(self._uploads, outcomes)
            except Exception:
                log.exception("unexpected error in a stream")
                response = problem_response(500, "internal", "unexpected error; the server's log has the details")
        if response.status_code == 200:
            self._events.put_nowait(event("result", self._encode(response)))
        else:
            self._events.put_nowait(event("problem", json_body(response)))
        self._events.put_nowait(None)

    async def _process(self, upload: Upload) -> Any:
        position = next(index for index, other in enumerate(self._uploads) if other is upload)

        def on_step(step: Step) -> None:
            text = event("progress", {"picture": position, **asdict(step)})
            self._loop.call_soon_threadsafe(self._events.put_nowait, text)

        return await _run(self._services, self._work, upload, on_step)
