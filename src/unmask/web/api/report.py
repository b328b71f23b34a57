"""`POST /v1/report`: a picture in, everything there is to say about it out."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response

from unmask.errors import UnmaskError
from unmask.web import evidence, problems
from unmask.web.api.detect import Name
from unmask.web.api.explain import Method
from unmask.web.api.openapi import UPLOADING, pictures_body
from unmask.web.api.openapi import problems as described
from unmask.web.api.sse import STREAM, as_json, respond
from unmask.web.cancellation import Watch
from unmask.web.schemas import Report
from unmask.web.services import services_of
from unmask.web.uploads import Upload

router = APIRouter(tags=["evidence"])
Format = Annotated[Literal["json", "html", "pdf"], Query(description="`/v1/server` says which file formats there are.")]
_FILES = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in evidence.MEDIA.values()}


@router.post(
    "/v1/report",
    response_model=Report,
    responses={200: {"content": {**_FILES, **STREAM}}, **described(*UPLOADING)},
    openapi_extra=pictures_body(),
    summary="Report on a picture",
)
async def report(request: Request, format: Format = "json", method: Method = None, name: Name = None) -> Response:  # noqa: A002
    """Verdict, explanation with its test, signals and model of one picture: for programs, or as a file to hand on.

    With `Accept: text/event-stream` the answer comes as events: `progress`, then `result` (a file in base64, as `data`)
    or `problem`.
    """
    services = services_of(request)

    async def work(upload: Upload, watch: Watch) -> dict[str, Any] | bytes:
        detector, trust = services.pool.detector, services.trust
        question = partial(evidence.reported, detector, upload.data, upload.name, method, trust, format, watch)
        return await services.pool.do(question, watch)

    def answer(uploads: Sequence[Upload], outcomes: Sequence[dict[str, Any] | bytes | UnmaskError]) -> Response:
        [upload], [outcome] = uploads, outcomes
        if isinstance(outcome, UnmaskError):
            return problems.of_error(outcome)
        if isinstance(outcome, dict):
            return JSONResponse(outcome)
        headers = {"Content-Disposition": _attached(evidence.file_name(upload.name, format))}
        return Response(outcome, media_type=evidence.MEDIA[format], headers=headers)

    def pack(response: Response) -> dict[str, Any]:
        if format == "json":
            return as_json(response)
        return {"media_type": evidence.MEDIA[format], "data": base64.b64encode(response.body).decode()}

    return await respond(request, services, services.request_limits(1), work, answer, pack)


def _attached(name: str) -> str:
    """The header that names a file to save (RFC 6266), with a plain name for clients that know no other."""
    plain = re.sub(r"[^\w.-]", "_", name, flags=re.ASCII)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
