"""`POST /v1/signals`: pictures in, evidence beside the score out."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from unmask.web import evidence
from unmask.web.api.detect import Name
from unmask.web.api.openapi import UPLOADING, pictures_body, problems
from unmask.web.api.upload_batch import answer, each, take
from unmask.web.schemas import Examinations
from unmask.web.services import services_of
from unmask.web.uploads import Upload, UploadReader

router = APIRouter(tags=["evidence"])
Maps = Annotated[bool, Query(description="Also send the drawn maps of error levels and noise, as PNG files in base64.")]


@router.post(
    "/v1/signals",
    response_model=Examinations,
    responses=problems(*UPLOADING),
    openapi_extra=pictures_body(),
    summary="Read signals",
)
async def signals(request: Request, maps: Maps = False, name: Name = None) -> Response:
    """What else the files give away: Content Credentials, metadata, JPEG structure, spectrum, error levels, noise.

    No signal decides alone, and none changes the verdict. The `details` of error levels and noise hold their maps in
    numbers: `levels`, row by row from the top left of `region` (x, y, width, height in pixels), in the stated `unit`.
    """
    services = services_of(request)
    async with UploadReader(request, services.request_limits(), services.budget) as intake:
        uploads = await take(request, services, intake)

        async def work(upload: Upload) -> dict[str, Any]:
            detector, trust = services.pool.detector, services.trust
            return await services.pool.do(partial(evidence.examined, detector, upload.data, upload.name, maps, trust))

        return answer(uploads, await each(request, uploads, work))
