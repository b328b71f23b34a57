"""`POST /v1/explain`: pictures in, heat maps out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from unmask.web import heatmaps
from unmask.web.api.detect import Name
from unmask.web.api.openapi import UPLOAD_STATUSES, pictures_body, problem_responses
from unmask.web.api.sse import STREAM_CONTENT, respond
from unmask.web.api.upload_batch import batch_response
from unmask.web.schemas import Explanations
from unmask.web.services import services_of
from unmask.web.uploads import Upload

if TYPE_CHECKING:
    from unmask.progress import Progress

router = APIRouter(tags=["evidence"])
Method = Annotated[
    str | None, Query(description="`cam`, `occlusion` or `lime`; `/v1/server` lists those available here.")
]
Faithfulness = Annotated[bool, Query(description="Also compare each map with random maps of the same shape.")]


@router.post(
    "/v1/explain",
    response_model=Explanations,
    responses={200: {"content": STREAM_CONTENT}, **problem_responses(*UPLOAD_STATUSES)},
    openapi_extra=pictures_body(),
    summary="Explain verdicts",
)
async def explain(
    request: Request, method: Method = None, faithfulness: Faithfulness = False, name: Name = None
) -> Response:
    """Show which parts of each face are evidence for fake and which for real.

    With `Accept: text/event-stream` the response is a stream of events: `progress`, then `result` or `problem`.
    """
    services = services_of(request)
    detector = services.pool.detector

    def work(upload: Upload, progress: Progress) -> dict[str, Any]:
        return heatmaps.explain_picture(detector, upload.data, upload.name, method, faithfulness, progress)

    return await respond(request, services, services.request_limits(), work, batch_response)
