"""`/v1/history` and `/v1/feedback`: what was judged, and what people say to it."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import JSONResponse, Response

from unmask.web.api.openapi import problems
from unmask.web.errors import NotFound
from unmask.web.schemas import Deleted, Feedback, HistoryEntry, HistoryPage, Label
from unmask.web.services import owner_of, services_of
from unmask.web.store import history as stored

router = APIRouter(tags=["history"])

Id = Annotated[str, Path(pattern="^[0-9a-f]{30}$", description="Id of a verdict.")]
Before = Annotated[str | None, Query(pattern="^[0-9a-f]{30}$", description="`next` of the page before.")]


@router.get("/v1/history", response_model=HistoryPage, responses=problems(422), summary="Verdicts, newest first")
async def page(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    before: Before = None,
    label: Annotated[Label | None, Query(description="Only verdicts with this label.")] = None,
) -> Response:
    """The verdicts given to this key (to anyone, where no keys are in use)."""
    return JSONResponse(await services_of(request).store.aread(stored.page, owner_of(request), limit, before, label))


@router.get("/v1/history/{id}", response_model=HistoryEntry, responses=problems(404, 422), summary="One verdict")
async def one(request: Request, id: Id) -> Response:  # noqa: A002
    """A verdict with its feedback."""
    return JSONResponse(await services_of(request).store.aread(stored.one, owner_of(request), id))


@router.get(
    "/v1/history/{id}/picture",
    responses={200: {"content": {"application/octet-stream": {}}}, **problems(404, 422)},
    response_class=Response,
    summary="A kept picture",
)
async def picture(request: Request, id: Id) -> Response:  # noqa: A002
    """The original bytes, where the server keeps pictures."""
    services = services_of(request)
    found = await services.store.aread(stored.one, owner_of(request), id)
    data = await asyncio.to_thread(services.pictures.get, found["sha256"]) if found["kept"] else None
    if data is None:
        raise NotFound("this picture was not kept")
    headers = {"Content-Disposition": "attachment"}
    return Response(data, media_type="application/octet-stream", headers=headers)


@router.delete("/v1/history/{id}", response_model=Deleted, responses=problems(404, 422), summary="Delete one verdict")
async def forget(request: Request, id: Id) -> Response:  # noqa: A002
    """Delete a verdict, also from its job, its feedback, and its picture if no other verdict needs it."""
    services = services_of(request)
    orphans = await services.store.awrite(stored.discard_pixels, owner_of(request), id)
    await asyncio.to_thread(services.pictures.drop, orphans)
    return JSONResponse({"deleted": 1})


@router.delete("/v1/history", response_model=Deleted, responses=problems(), summary="Delete all verdicts")
async def forget_all(request: Request) -> Response:
    """Delete the whole history of this key, with feedback and pictures; jobs keep their problems only."""
    services = services_of(request)
    count, orphans = await services.store.awrite(stored.forget_all, owner_of(request))
    await asyncio.to_thread(services.pictures.drop, orphans)
    return JSONResponse({"deleted": count})


@router.post(
    "/v1/feedback",
    response_model=HistoryEntry,
    status_code=201,
    responses=problems(400, 404, 422),
    summary="Say what is true",
)
async def feedback(request: Request, said: Feedback) -> Response:
    """Note what a judged picture really is. It is kept for people to look at; nothing learns from it by itself."""
    store = services_of(request).store
    found = await store.awrite(stored.say, owner_of(request), said.id, said.truth, said.comment)
    return JSONResponse(found, 201)
