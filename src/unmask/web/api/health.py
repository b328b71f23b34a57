"""`/healthz`, `/readyz` and `/metrics`: liveness, readiness and Prometheus metrics."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from unmask.web.api.openapi import problem_responses
from unmask.web.problem_details import problem_response
from unmask.web.services import services_of

router = APIRouter(tags=["operating"])


@router.get("/healthz", summary="Is the process alive?", responses=problem_responses())
async def healthz() -> dict[str, str]:
    """Return 200 as long as the process responds."""
    return {"status": "ok"}


@router.get("/readyz", summary="Should it get requests?", responses=problem_responses(503))
async def readyz(request: Request) -> Response:
    """Return 200 if the server can take requests.

    The server is not stopping, the queue has room, the database responds, and the required checks of `unmask doctor`
    passed. The checks run once, when the server starts; the first response waits for them.
    """
    services = services_of(request)
    if services.stopping.is_set():
        return problem_response(503, "stopping", "the server is stopping")
    if services.pool.full:
        return problem_response(503, "busy", "the queue is full")
    if not await services.store.aping():
        return problem_response(503, "database", "the database does not respond")
    failures = await services.startup_checks.failures()
    if failures:
        return problem_response(503, "installation", "; ".join(f"{check.name}: {check.detail}" for check in failures))
    return JSONResponse({"status": "ready"})


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, **problem_responses()},
)
async def metrics(request: Request) -> Response:
    """Return requests, latency, verdicts, scores, problems and the queue in the Prometheus text format."""
    services = services_of(request)
    services.metrics.queue(services.pool.waiting)
    return Response(services.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
