"""From a request's pictures to its answer: what `/v1/detect`, `/v1/explain` and `/predict` have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

from unmask.errors import UnmaskError
from unmask.verdict import Failure, Finding
from unmask.web import problems
from unmask.web.errors import Busy
from unmask.web.services import Services, owner_of
from unmask.web.uploads import Upload, UploadReader

Result = TypeVar("Result")


async def take(request: Request, services: Services, intake: UploadReader) -> list[Upload]:
    """All pictures of a request that is answered at once.

    Raises:
        RequestError: the request cannot be answered, now or ever.
    """
    services.pool.admit()
    uploads = [upload async for upload in intake]
    services.rates.spend(owner_of(request), len(uploads))
    return uploads


async def each(
    request: Request, uploads: Sequence[Upload], work: Callable[[Upload], Awaitable[Result]]
) -> list[Result | UnmaskError]:
    """As `outcomes`, as long as the client waits.

    Raises:
        ClientDisconnect: the client left; what had not begun is dropped.
    """
    return await _while_connected(request, asyncio.ensure_future(outcomes(uploads, work)))


async def outcomes(
    uploads: Sequence[Upload], work: Callable[[Upload], Awaitable[Result]]
) -> list[Result | UnmaskError]:
    """`work` on every upload that arrived whole, or the error it ended with."""

    async def one(upload: Upload) -> Result | UnmaskError:
        if upload.error is not None:
            return upload.error
        try:
            return await work(upload)
        except UnmaskError as error:
            return error

    return list(await asyncio.gather(*map(one, uploads)))


async def _while_connected(request: Request, work: asyncio.Future[Result]) -> Result:
    """The result of `work`, unless the client leaves before."""

    async def leave() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    gone = asyncio.create_task(leave())
    both: set[asyncio.Future[Any]] = {work, gone}
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            return work.result()
        work.cancel()
        raise ClientDisconnect
    finally:
        gone.cancel()


def failure(name: str, error: UnmaskError) -> dict[str, Any]:
    """The wire form of a picture that could not be judged."""
    return {"id": None, **Finding(name, Failure.from_error(error)).to_dict()}


def answer(uploads: Sequence[Upload], outcomes: Sequence[dict[str, Any] | UnmaskError]) -> JSONResponse:
    """One entry for each picture; a problem as a whole where not a single one succeeded."""
    errors = [outcome for outcome in outcomes if isinstance(outcome, UnmaskError)]
    results = [
        failure(upload.name, outcome) if isinstance(outcome, UnmaskError) else outcome
        for upload, outcome in zip(uploads, outcomes, strict=True)
    ]
    if len(errors) < len(outcomes):
        return JSONResponse({"results": results})
    first = next((error for error in errors if isinstance(error, Busy)), errors[0])
    detail = first.message if len(errors) == 1 else f"none of {len(errors)} pictures could be judged; {first.message}"
    return problems.of_error(first, detail=detail, results=results)
