"""`/v1/history` and `/v1/feedback`: stored verdicts, and what people report about them."""

from __future__ import annotations

import asyncio
from datetime import UTC
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import AwareDatetime
from starlette.responses import JSONResponse, Response

from unmask.predict_options import PredictOptions
from unmask.verdict import Finding, Label
from unmask.web.api.openapi import problem_responses
from unmask.web.errors import NotFound
from unmask.web.headlines import with_headline, with_headlines
from unmask.web.schemas import Deleted, Feedback, HistoryEntry, HistoryPage
from unmask.web.services import owner_of, services_of
from unmask.web.store import history as history_store
from unmask.web.store.history import HistoryFilter

router = APIRouter(tags=["history"])

Id = Annotated[str, Path(pattern="^[0-9a-f]{30}$", description="Id of a verdict.")]
Before = Annotated[str | None, Query(pattern="^[0-9a-f]{30}$", description="`next` of the page before.")]


@router.get(
    "/v1/history", response_model=HistoryPage, responses=problem_responses(422), summary="Verdicts, newest first"
)
async def page(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    before: Before = None,
    label: Annotated[Label | None, Query(description="Only verdicts with this label.")] = None,
    name: Annotated[str | None, Query(description="Only pictures whose name contains this.", max_length=255)] = None,
    since: Annotated[AwareDatetime | None, Query(description="Only verdicts from this time on.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Only verdicts up to this time.")] = None,
) -> Response:
    """List the verdicts given to this key, or to all clients if no keys are in use."""
    services = services_of(request)
    chosen = HistoryFilter(label, name, since and since.astimezone(UTC), until and until.astimezone(UTC))
    page = await services.store.aread(history_store.list_page, owner_of(request), limit, before, chosen)
    return JSONResponse(with_headlines(page, "items", services.pool.detector))


@router.get(
    "/v1/history/{id}", response_model=HistoryEntry, responses=problem_responses(404, 422), summary="One verdict"
)
async def one(request: Request, id: Id) -> Response:  # noqa: A002
    """Return a verdict with its feedback."""
    services = services_of(request)
    entry = await services.store.aread(history_store.get, owner_of(request), id)
    return JSONResponse(with_headline(entry, services.pool.detector))


@router.get(
    "/v1/history/{id}/picture",
    responses={200: {"content": {"application/octet-stream": {}}}, **problem_responses(404, 422)},
    response_class=Response,
    summary="A kept picture",
)
async def picture(request: Request, id: Id) -> Response:  # noqa: A002
    """Return the original bytes, if the server keeps pictures."""
    services = services_of(request)
    entry = await services.store.aread(history_store.get, owner_of(request), id)
    data = await asyncio.to_thread(services.pictures.get, entry["sha256"]) if entry["kept"] else None
    if data is None:
        raise NotFound("this picture was not kept")
    headers = {"Content-Disposition": "attachment"}
    return Response(data, media_type="application/octet-stream", headers=headers)


@router.post(
    "/v1/history/{id}/rejudge",
    response_model=HistoryEntry,
    status_code=201,
    responses=problem_responses(404, 422, 503, 504),
    summary="Judge a kept picture again",
)
async def rejudge(request: Request, id: Id) -> Response:  # noqa: A002
    """Judge a kept picture with the loaded model and the options of its verdict. The new verdict is a new entry."""
    services, owner = services_of(request), owner_of(request)
    entry = await services.store.aread(history_store.get, owner, id)
    data = await asyncio.to_thread(services.pictures.get, entry["sha256"]) if entry["kept"] else None
    if data is None:
        raise NotFound("this picture was not kept")
    stability = any(face["stability"] for face in entry["faces"])
    verdict = await services.pool.predict(data, entry["path"] or "", PredictOptions(stability=stability))
    finding = Finding(verdict.path or "", verdict)
    services.metrics.finding(finding)
    [new] = await services.add_to_history(owner, [finding], [data])
    stored = await services.store.aread(history_store.get, owner, str(new))
    return JSONResponse(with_headline(stored, services.pool.detector), 201)


@router.delete(
    "/v1/history/{id}", response_model=Deleted, responses=problem_responses(404, 422), summary="Delete one verdict"
)
async def forget(request: Request, id: Id) -> Response:  # noqa: A002
    """Delete a verdict, its copy in the job, its feedback, and its picture if no other verdict refers to it."""
    services = services_of(request)
    orphans = await services.store.awrite(history_store.delete_one, owner_of(request), id)
    await asyncio.to_thread(services.pictures.drop, orphans)
    return JSONResponse({"deleted": 1})


@router.delete("/v1/history", response_model=Deleted, responses=problem_responses(), summary="Delete all verdicts")
async def forget_all(request: Request) -> Response:
    """Delete the history of this key with all feedback and pictures. Jobs keep only their failures."""
    services = services_of(request)
    count, orphans = await services.store.awrite(history_store.delete_all, owner_of(request))
    await asyncio.to_thread(services.pictures.drop, orphans)
    return JSONResponse({"deleted": count})


@router.post(
    "/v1/feedback",
    response_model=HistoryEntry,
    status_code=201,
    responses=problem_responses(400, 404, 415, 422),
    summary="Report the true label",
)
async def feedback(request: Request, feedback: Feedback) -> Response:
    """Store the true label of a judged picture. It is kept for people to read; no model is trained on it."""
    services = services_of(request)
    entry = await services.store.awrite(
        history_store.add_feedback, owner_of(request), feedback.id, feedback.truth, feedback.comment
    )
    return JSONResponse(with_headline(entry, services.pool.detector), 201)
