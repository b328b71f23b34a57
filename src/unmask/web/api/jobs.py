"""`/v1/jobs`: batches that are accepted at once and judged by and by."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from unmask.verdict import Failure
from unmask.web.api.detect import Stability, WholePicture
from unmask.web.api.openapi import UPLOADING, pictures_body, problems
from unmask.web.api.sse import ALIVE_SECONDS, MEDIA_TYPE, event
from unmask.web.inference_pool import PredictOptions
from unmask.web.schemas import Job, JobResults, Jobs
from unmask.web.services import Services, owner_of, services_of
from unmask.web.store import jobs as stored
from unmask.web.store.tables import new_id
from unmask.web.uploads import UploadReader

router = APIRouter(tags=["jobs"])

Id = Annotated[str, Path(pattern="^[0-9a-f]{30}$", description="Id of a job.")]
WATCH_SECONDS = 0.3


@router.post(
    "/v1/jobs",
    response_model=Job,
    status_code=202,
    responses=problems(*UPLOADING),
    openapi_extra=pictures_body(),
    summary="Begin a job",
)
async def begin(request: Request, whole_picture: WholePicture = False, stability: Stability = True) -> Response:
    """Accept many pictures. Once answered with 202 the job is finished even if the server is restarted."""
    services, job_id = services_of(request), new_id()
    try:
        items = await _spool(request, services, job_id)
        question = PredictOptions(whole_picture, stability).to_dict()
        job = await services.store.awrite(
            stored.accept, job_id, owner_of(request), services.spool.node, items, question
        )
    except BaseException:
        services.spool.drop_job(job_id)
        raise
    services.wake.set()
    return JSONResponse(job, 202, {"Location": f"{request.scope.get('root_path', '')}/v1/jobs/{job_id}"})


async def _spool(request: Request, services: Services, job_id: str) -> list[stored.Item]:
    """Put the pictures into the spool as they arrive, so that at most one of them is in memory."""
    items: list[stored.Item] = []
    async with UploadReader(request, services.job_limits(), services.budget) as intake:
        async for upload in intake:
            services.rates.spend(owner_of(request), 1, begun=bool(items))
            if upload.error is None:
                await asyncio.to_thread(services.spool.put, job_id, len(items), upload.data)
            items.append(stored.Item(upload.name, Failure.from_error(upload.error) if upload.error else None))
            intake.release()
    return items


@router.get("/v1/jobs", response_model=Jobs, responses=problems(422), summary="Jobs, newest first")
async def listing(request: Request, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> Response:
    """The newest jobs in numbers."""
    return JSONResponse({"jobs": await services_of(request).store.aread(stored.listing, owner_of(request), limit)})


@router.get("/v1/jobs/{id}", response_model=JobResults, responses=problems(404, 422), summary="A job and its findings")
async def results(
    request: Request,
    id: Id,  # noqa: A002
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="`next` of the page before.")] = 0,
    limit: Annotated[int, Query(ge=0, le=1000)] = 100,
) -> Response:
    """Progress, and the findings so far in the order sent."""
    return JSONResponse(await services_of(request).store.aread(stored.results, owner_of(request), id, after, limit))


@router.delete("/v1/jobs/{id}", response_model=Job, responses=problems(404, 422), summary="Cancel a job")
async def cancel(request: Request, id: Id) -> Response:  # noqa: A002
    """Drop what is not judged yet. Findings stay; a finished job is not changed."""
    services = services_of(request)
    job = await services.store.awrite(stored.cancel, owner_of(request), id)
    await asyncio.to_thread(services.spool.drop_job, id)
    return JSONResponse(job)


@router.get(
    "/v1/jobs/{id}/events",
    responses={200: {"content": {"text/event-stream": {}}}, **problems(404, 422)},
    response_class=StreamingResponse,
    summary="Follow a job",
)
async def events(request: Request, id: Id) -> Response:  # noqa: A002
    """Server-sent events: `progress` with the job in numbers whenever they change, then `end`."""
    services, owner = services_of(request), owner_of(request)
    await services.store.aread(stored.summary, owner, id)
    return StreamingResponse(_follow(services, owner, id), media_type=MEDIA_TYPE)


async def _follow(services: Services, owner: str, job_id: str) -> AsyncIterator[str]:
    """The events of a job until it is over or the server stops."""
    last, silent = None, 0.0
    while not services.stopping.is_set():
        job = await services.store.aread(stored.summary, owner, job_id)
        if job != last:
            last, silent = job, 0.0
            yield event("progress", job)
        if job["state"] not in stored.OPEN:
            yield event("end", job)
            return
        if silent >= ALIVE_SECONDS:
            silent = 0.0
            yield ": still here\n\n"
        await asyncio.sleep(WATCH_SECONDS)
        silent += WATCH_SECONDS
