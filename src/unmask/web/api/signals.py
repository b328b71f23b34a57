"""`POST /v1/signals`: pictures in, evidence beside the score out."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from unmask.web import evidence
from unmask.web.api.detect import Name
from unmask.web.api.openapi import UPLOAD_STATUSES, pictures_body, problem_responses
from unmask.web.api.upload_batch import batch_response, read_uploads, run_all
from unmask.web.schemas import Examinations
from unmask.web.services import services_of
from unmask.web.uploads import Upload, UploadReader

router = APIRouter(tags=["evidence"])
Maps = Annotated[bool, Query(description="Also send the maps of error levels and noise, as PNG files in base64.")]


@router.post(
    "/v1/signals",
    response_model=Examinations,
    responses=problem_responses(*UPLOAD_STATUSES),
    openapi_extra=pictures_body(),
    summary="Read signals",
)
async def signals(request: Request, maps: Maps = False, name: Name = None) -> Response:
    """Read the evidence in the files: Content Credentials, metadata, JPEG structure, spectrum, error levels, noise.

    No signal decides alone, and none changes the verdict. The `details` of error levels and noise hold their maps in
    numbers: `levels`, row by row from the top left of `region` (x, y, width, height in pixels), in the stated `unit`.
    """
    services = services_of(request)
    detector, trust = services.pool.detector, services.trust
    async with UploadReader(request, services.request_limits(), services.budget) as reader:
        uploads = await read_uploads(request, services, reader)

        async def work(upload: Upload) -> dict[str, Any]:
            return await services.pool.run(
                partial(evidence.read_signals, detector, upload.data, upload.name, maps, trust)
            )

        return batch_response(uploads, await run_all(request, uploads, work))
