"""`/v1/jobs`: asynchronous batch jobs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from unmask.predict_options import PredictOptions
from unmask.verdict import Failure
from unmask.web.api.detect import Stability, WholePicture
from unmask.web.api.openapi import UPLOAD_STATUSES, pictures_body, problem_responses
from unmask.web.api.sse import KEEP_ALIVE, KEEP_ALIVE_SECONDS, MEDIA_TYPE, event
from unmask.web.headlines import with_headlines
from unmask.web.schemas import Job, JobResults, Jobs
from unmask.web.services import Services, owner_of, services_of
from unmask.web.store import jobs as job_store
from unmask.web.store.tables import new_id
from unmask.web.uploads import UploadReader

router = APIRouter(tags=["jobs"])

Id = Annotated[str, Path(pattern="^[0-9a-f]{30}$", description="Id of a job.")]
POLL_SECONDS = 0.3


@router.post(
    "/v1/jobs",
    response_model=Job,
    status_code=202,
    responses=problem_responses(*UPLOAD_STATUSES),
    openapi_extra=pictures_body(),
    summary="Begin a job",
)
async def begin(request: Request, whole_picture: WholePicture = False, stability: Stability = True) -> Response:
    """Accept many pictures. After the response 202 the job is finished even if the server restarts."""
    services, job_id = services_of(request), new_id()
    try:
        items = await _spool(request, services, job_id)
        options = PredictOptions(whole_picture, stability).to_dict()
        job = await services.store.awrite(
            job_store.accept,
            job_id,
            owner_of(request),
            services.spool.node,
            items,
            options,
            announce=services.announce_jobs,
        )
    except BaseException:
        services.spool.drop_job(job_id)
        raise
    services.work_available.set()
    return JSONResponse(job, 202, {"Location": f"{request.scope.get('root_path', '')}/v1/jobs/{job_id}"})


async def _spool(request: Request, services: Services, job_id: str) -> list[job_store.JobItem]:
    """Write each picture to the spool when it arrives, so that at most one picture is in memory."""
    items: list[job_store.JobItem] = []
    async with UploadReader(request, services.job_limits(), services.budget) as reader:
        async for upload in reader:
            services.rate_limiter.acquire(owner_of(request), 1, begun=bool(items))
            if upload.error is None:
                await asyncio.to_thread(services.spool.put, job_id, len(items), upload.data)
            failure = Failure.from_error(upload.error) if upload.error else None
            items.append(job_store.JobItem(upload.name, failure))
            reader.release()
    return items


@router.get("/v1/jobs", response_model=Jobs, responses=problem_responses(422), summary="Jobs, newest first")
async def listing(request: Request, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> Response:
    """List the newest jobs with their counts."""
    return JSONResponse({"jobs": await services_of(request).store.aread(job_store.listing, owner_of(request), limit)})


@router.get(
    "/v1/jobs/{id}", response_model=JobResults, responses=problem_responses(404, 422), summary="A job and its findings"
)
async def results(
    request: Request,
    id: Id,  # noqa: A002
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="`next` of the page before.")] = 0,
    limit: Annotated[int, Query(ge=0, le=1000)] = 100,
) -> Response:
    """Return the counts of a job, and its findings so far in the order sent."""
    services = services_of(request)
    page = await services.store.aread(job_store.results, owner_of(request), id, after, limit)
    return JSONResponse(with_headlines(page, "results", services.pool.detector))


@router.delete("/v1/jobs/{id}", response_model=Job, responses=problem_responses(404, 422), summary="Cancel a job")
async def cancel(request: Request, id: Id) -> Response:  # noqa: A002
    """Drop the pictures that are not judged yet. Findings stay; a finished job is not changed."""
    services = services_of(request)
    job = await services.store.awrite(job_store.cancel, owner_of(request), id, announce=services.announce_jobs)
    await asyncio.to_thread(services.spool.drop_job, id)
    return JSONResponse(job)


@router.get(
    "/v1/jobs/{id}/events",
    responses={200: {"content": {"text/event-stream": {}}}, **problem_responses(404, 422)},
    response_class=StreamingResponse,
    summary="Follow a job",
)
async def events(request: Request, id: Id) -> Response:  # noqa: A002
    """Stream server-sent events: `progress` with the counts of the job whenever they change, then `end`."""
    services, owner = services_of(request), owner_of(request)
    await services.store.aread(job_store.summary, owner, id)
    return StreamingResponse(_events(services, owner, id), media_type=MEDIA_TYPE)


async def _events(services: Services, owner: str, job_id: str) -> AsyncIterator[str]:
    """The events of a job until it ends or the server stops."""
    last, silent = None, 0.0
    while not services.stopping.is_set():
        job = await services.store.aread(job_store.summary, owner, job_id)
        if job != last:
            last, silent = job, 0.0
            yield event("progress", job)
        if job["state"] not in job_store.OPEN:
            yield event("end", job)
            return
        if silent >= KEEP_ALIVE_SECONDS:
            silent = 0.0
            yield KEEP_ALIVE
        await asyncio.sleep(POLL_SECONDS)
        silent += POLL_SECONDS
