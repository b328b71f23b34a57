"""`POST /v1/report`: a picture in, its report out."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response

from unmask.errors import UnmaskError
from unmask.web import evidence
from unmask.web.api.detect import Name, Prevalence
from unmask.web.api.explain import Method
from unmask.web.api.openapi import UPLOAD_STATUSES, pictures_body, problem_responses
from unmask.web.api.sse import STREAM_CONTENT, json_body, respond
from unmask.web.problem_details import error_response
from unmask.web.schemas import PictureReport
from unmask.web.services import services_of
from unmask.web.uploads import Upload

if TYPE_CHECKING:
    from unmask.progress import Progress

router = APIRouter(tags=["evidence"])
Format = Annotated[
    Literal["json", "html", "pdf"], Query(description="`/v1/server` lists the file formats available here.")
]
_FILES = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in evidence.MEDIA_TYPES.values()}


@router.post(
    "/v1/report",
    response_model=PictureReport,
    responses={200: {"content": {**_FILES, **STREAM_CONTENT}}, **problem_responses(*UPLOAD_STATUSES)},
    openapi_extra=pictures_body(),
    summary="Report on a picture",
)
async def report(
    request: Request,
    format: Format = "json",  # noqa: A002
    method: Method = None,
    name: Name = None,
    prevalence: Prevalence = None,
) -> Response:
    """Return verdict, tested explanation, signals and model of one picture, as JSON or as a file.

    With `Accept: text/event-stream` the response is a stream of events: `progress`, then `result` (a file in base64, as
    `data`) or `problem`.
    """
    services = services_of(request)
    detector, trust = services.pool.detector, services.trust

    def work(upload: Upload, progress: Progress) -> dict[str, Any] | bytes:
        return evidence.render_report(detector, upload.data, upload.name, method, trust, format, progress, prevalence)

    def build(uploads: Sequence[Upload], outcomes: Sequence[dict[str, Any] | bytes | UnmaskError]) -> Response:
        [upload], [outcome] = uploads, outcomes
        if isinstance(outcome, UnmaskError):
            return error_response(outcome)
        if isinstance(outcome, dict):
            return JSONResponse(outcome)
        headers = {"Content-Disposition": _attachment(evidence.file_name(upload.name, format))}
        return Response(outcome, media_type=evidence.MEDIA_TYPES[format], headers=headers)

    def encode(response: Response) -> dict[str, Any]:
        if format == "json":
            return json_body(response)
        return {"media_type": evidence.MEDIA_TYPES[format], "data": base64.b64encode(response.body).decode()}

    return await respond(request, services, services.request_limits(1), work, build, encode)


def _attachment(name: str) -> str:
    """The Content-Disposition header (RFC 6266) of a file to save, with an ASCII name for old clients."""
    plain = re.sub(r"[^\w.-]", "_", name, flags=re.ASCII)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
