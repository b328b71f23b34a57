"""`/v1/review`: pictures whose labels people confirm, and their decisions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response

from unmask.review import Decision
from unmask.web.api.openapi import problem_responses
from unmask.web.headlines import with_headline
from unmask.web.review_schemas import NewDecision, ReviewQueue, Stored
from unmask.web.services import owner_of, services_of
from unmask.web.store import reviews

router = APIRouter(tags=["review"])


@router.get("/v1/review", response_model=ReviewQueue, responses=problem_responses(422), summary="Pictures to review")
async def queue(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    reviewer: Annotated[str, Query(max_length=64, description="Name of the reviewer; empty for the API key.")] = "",
    reviewers: Annotated[int, Query(ge=1, le=10, description="Reviewers that must agree.")] = 1,
    control: Annotated[float, Query(ge=0, le=1, description="Share of sure verdicts in the control sample.")] = 0.05,
    disagreements: Annotated[
        bool, Query(description="Only pictures on which reviewers disagree, to decide again.")
    ] = False,
) -> Response:
    """List kept pictures that need a decision: disputed verdicts, unsure ones, then a random control sample."""
    services, owner = services_of(request), owner_of(request)
    entries = await services.store.aread(reviews.queue_entries, control, owner=owner, needed=reviewers)
    if disagreements:
        waiting = [entry for entry in entries if entry.agreement is not None and entry.agreement.disagreed]
    else:
        waiting = [entry for entry in entries if entry.is_open(reviewer or owner)]
    return JSONResponse(
        {
            "items": [with_headline(entry.to_dict(), services.pool.detector) for entry in waiting[:limit]],
            "open": len(waiting),
            "reviewed": sum(entry.agreement is not None for entry in entries),
            "disagreements": sum(entry.agreement is not None and entry.agreement.disagreed for entry in entries),
        }
    )


@router.post(
    "/v1/review",
    response_model=Stored,
    status_code=201,
    responses=problem_responses(400, 404, 415, 422),
    summary="Store a decision",
)
async def decide(request: Request, decision: NewDecision) -> Response:
    """Store the decision of a reviewer. `unmask review --history` writes the agreed ones as a manifest."""
    owner = owner_of(request)
    given = Decision("", decision.choice, decision.reviewer, decision.kind)
    await services_of(request).store.awrite(reviews.add, owner, decision.id, given)
    return JSONResponse({"stored": 1}, 201)
