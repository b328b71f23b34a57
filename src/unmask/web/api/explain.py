"""`POST /v1/explain`: pictures in, heat maps out."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from unmask.web import heatmaps
from unmask.web.api.detect import Name
from unmask.web.api.openapi import UPLOADING, pictures_body, problems
from unmask.web.api.sse import STREAM, respond
from unmask.web.api.upload_batch import answer
from unmask.web.cancellation import Watch
from unmask.web.schemas import Explanations
from unmask.web.services import services_of
from unmask.web.uploads import Upload

router = APIRouter(tags=["evidence"])
Method = Annotated[str | None, Query(description="`cam`, `occlusion` or `lime`; `/v1/server` says which there are.")]
Faithfulness = Annotated[bool, Query(description="Also test each map against equal shapes at random places.")]


@router.post(
    "/v1/explain",
    response_model=Explanations,
    responses={200: {"content": STREAM}, **problems(*UPLOADING)},
    openapi_extra=pictures_body(),
    summary="Explain verdicts",
)
async def explain(
    request: Request, method: Method = None, faithfulness: Faithfulness = False, name: Name = None
) -> Response:
    """Show which parts of each face speak for fake and which for real.

    With `Accept: text/event-stream` the answer comes as events: `progress`, then `result` or `problem`.
    """
    services = services_of(request)

    async def work(upload: Upload, watch: Watch) -> dict[str, Any]:
        detector = services.pool.detector
        question = partial(heatmaps.explained, detector, upload.data, upload.name, method, faithfulness, watch)
        return await services.pool.do(question, watch)

    return await respond(request, services, services.request_limits(), work, answer)
