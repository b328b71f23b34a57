"""`GET /v1/models`, `/v1/server` and `/v1/examples`: models, limits and example pictures of this server."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from unmask._version import __version__
from unmask.card_reader import read_card
from unmask.images import SUFFIXES
from unmask.web import evidence, heatmaps
from unmask.web.api.openapi import problem_responses
from unmask.web.errors import NotFound
from unmask.web.model_reload import ask_all_processes, reload_model
from unmask.web.review_schemas import Reloaded, ShadowComparison
from unmask.web.schemas import Examples, Models, Server
from unmask.web.services import services_of
from unmask.web.settings import MEGABYTE
from unmask.web.store import shadows
from unmask.zoo import DETECTORS

router = APIRouter(tags=["about"])


@router.get("/v1/models", response_model=Models, responses=problem_responses(), summary="The models and their cards")
async def models(request: Request) -> Response:
    """List the loaded model and the shipped models, each with its card."""
    detector = services_of(request).pool.detector
    active = {"model": services_of(request).settings.model, "sha256": detector.model.sha256, **detector.card.to_dict()}
    shipped = await run_in_threadpool(_shipped)
    others = [card for card in shipped if card["sha256"] != active["sha256"]]
    return JSONResponse({"models": [{**active, "active": True}, *others]})


@router.post(
    "/v1/models/reload", response_model=Reloaded, responses=problem_responses(404), summary="Load the promoted model"
)
async def reload(request: Request) -> Response:
    """Load the model of the settings again, such as a newly promoted `default`. Requests in progress are completed."""
    services = services_of(request)
    changed = await reload_model(services)
    await run_in_threadpool(ask_all_processes, services)
    return JSONResponse({"model": services.pool.detector.model.to_dict(), "changed": changed})


@router.get(
    "/v1/models/shadow", response_model=ShadowComparison, responses=problem_responses(404), summary="Compare the shadow"
)
async def shadow(request: Request) -> Response:
    """Compare the shadow candidate with the active model on the pictures that both judged."""
    services = services_of(request)
    if services.shadow is None:
        raise NotFound("this server has no shadow candidate; set one with --shadow")
    candidate = services.shadow.detector.model
    found = await services.store.aread(shadows.compare, candidate.sha256)
    return JSONResponse({"candidate": candidate.to_dict(), **found})


@cache
def _shipped() -> list[dict[str, Any]]:
    cards = ((entry.name, *read_card(entry.name)) for entry in DETECTORS)
    return [{"model": name, "sha256": sha256, **card.to_dict(), "active": False} for name, card, sha256 in cards]


@router.get(
    "/v1/server", response_model=Server, responses=problem_responses(), summary="Limits and features of this server"
)
async def server(request: Request) -> Response:
    """Return what a client needs to know before it sends pictures."""
    services = services_of(request)
    settings = services.settings
    return JSONResponse(
        {
            "version": __version__,
            "model": services.pool.detector.model.to_dict(),
            "explanations": heatmaps.available_methods(services.pool.detector),
            "reports": evidence.available_formats(),
            "max_files": settings.max_files,
            "max_file_bytes": settings.max_file_mb * MEGABYTE,
            "max_job_files": settings.max_job_files,
            "max_job_bytes": settings.max_job_mb * MEGABYTE,
            "clips": services.clip_bytes > 0,
            "max_clip_mb": settings.max_clip_mb,
            "choose_model": True,
            "fetch": settings.fetch,
            "keep_images": settings.keep_images,
            "retention_days": settings.retention_days,
        }
    )


@cache
def _examples() -> dict[str, bytes]:
    """Name to bytes of the bundled example pictures."""
    entries = files("unmask").joinpath("samples").iterdir()
    pictures = [entry for entry in entries if entry.name.endswith(tuple(SUFFIXES))]
    return {entry.name: entry.read_bytes() for entry in sorted(pictures, key=lambda entry: entry.name)}


@router.get("/v1/examples", response_model=Examples, responses=problem_responses(), summary="The example pictures")
async def examples() -> Response:
    """List the names of the example pictures."""
    return JSONResponse({"examples": list(_examples())})


@router.get(
    "/v1/examples/{name}",
    responses={200: {"content": {"image/*": {}}}, **problem_responses(404, 422)},
    response_class=Response,
    summary="An example picture",
)
async def example(name: Annotated[str, Path(max_length=255)]) -> Response:
    """Return the bytes of one example picture."""
    data = _examples().get(name)
    if data is None:
        raise NotFound("there is no example picture of this name")
    return Response(data, media_type="image/png" if name.endswith(".png") else "image/jpeg")
