"""`/healthz`, `/readyz`, `/metrics`: for those who operate the server."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from unmask.web.api.openapi import problems
from unmask.web.problems import problem
from unmask.web.services import services_of

router = APIRouter(tags=["operating"])


@router.get("/healthz", summary="Is the process alive?", responses=problems())
async def healthz() -> dict[str, str]:
    """Answers as long as the process does."""
    return {"status": "ok"}


@router.get("/readyz", summary="Should it get requests?", responses=problems(503))
async def readyz(request: Request) -> Response:
    """200 when the model is loaded, the database answers, the queue has room and nobody asked the server to stop."""
    services = services_of(request)
    if services.stopping.is_set():
        return problem(503, "stopping", "the server is stopping")
    if services.pool.full:
        return problem(503, "busy", "the queue is full")
    if not await services.store.aping():
        return problem(503, "database", "the database does not answer")
    return JSONResponse({"status": "ready"})


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, **problems()},
)
async def metrics(request: Request) -> Response:
    """Requests, latency, verdicts, scores, problems and the queue, in Prometheus' text form."""
    services = services_of(request)
    services.metrics.queue(services.pool.waiting)
    return Response(services.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
