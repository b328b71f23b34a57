"""Shared steps of the endpoints that take pictures: read the uploads, run work on each, build the response."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse

from unmask.errors import UnmaskError
from unmask.verdict import Failure, Finding, Verdict
from unmask.web.cancellation import while_connected
from unmask.web.errors import Busy
from unmask.web.problem_details import error_response
from unmask.web.services import Services, owner_of
from unmask.web.uploads import Upload, UploadReader

Result = TypeVar("Result")


async def read_uploads(request: Request, services: Services, reader: UploadReader) -> list[Upload]:
    """Read all pictures of a synchronous request, and count them against the rate limit.

    Raises:
        RequestError: the queue is full, the body is invalid, or a limit is exceeded.
    """
    services.pool.ensure_capacity()
    uploads = [upload async for upload in reader]
    services.rate_limiter.acquire(owner_of(request), len(uploads))
    return uploads


async def run_all(
    request: Request, uploads: Sequence[Upload], work: Callable[[Upload], Awaitable[Result]]
) -> list[Result | UnmaskError]:
    """Run `gather_outcomes`, and cancel it if the client leaves.

    Raises:
        ClientDisconnect: the client left; work that had not begun is dropped.
    """
    return await while_connected(request, asyncio.ensure_future(gather_outcomes(uploads, work)))


async def gather_outcomes(
    uploads: Sequence[Upload], work: Callable[[Upload], Awaitable[Result]]
) -> list[Result | UnmaskError]:
    """Run `work` on every upload; returns its result or its error for each upload, in the same order."""

    async def run_one(upload: Upload) -> Result | UnmaskError:
        if upload.error is not None:
            return upload.error
        try:
            return await work(upload)
        except UnmaskError as error:
            return error

    return list(await asyncio.gather(*map(run_one, uploads)))


def record_findings(
    services: Services, uploads: Sequence[Upload], outcomes: Sequence[Verdict | UnmaskError]
) -> list[Finding]:
    """Convert outcomes to findings, and count them in the metrics."""
    findings = [
        Finding(upload.name, Failure.from_error(outcome) if isinstance(outcome, UnmaskError) else outcome)
        for upload, outcome in zip(uploads, outcomes, strict=True)
    ]
    for finding in findings:
        services.metrics.finding(finding)
    if services.shadow:
        services.shadow.submit(services, outcomes, [upload.data for upload in uploads])
    return findings


def failure_entry(name: str, error: UnmaskError) -> dict[str, Any]:
    """The wire form of a picture that could not be judged."""
    return {"id": None, **Finding(name, Failure.from_error(error)).to_dict()}


def batch_response(uploads: Sequence[Upload], outcomes: Sequence[dict[str, Any] | UnmaskError]) -> JSONResponse:
    """The response with one entry per picture; a problem if no picture succeeded."""
    errors = [outcome for outcome in outcomes if isinstance(outcome, UnmaskError)]
    results = [
        failure_entry(upload.name, outcome) if isinstance(outcome, UnmaskError) else outcome
        for upload, outcome in zip(uploads, outcomes, strict=True)
    ]
    if len(errors) < len(outcomes):
        return JSONResponse({"results": results})
    first = next((error for error in errors if isinstance(error, Busy)), errors[0])
    detail = first.message if len(errors) == 1 else f"none of {len(errors)} pictures could be judged; {first.message}"
    return error_response(first, detail=detail, results=results)
