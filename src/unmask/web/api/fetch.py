"""`POST /v1/fetch`: the address of a picture in, its bytes out; only where the settings allow it."""

from __future__ import annotations

from functools import partial
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from unmask.web.api.openapi import problem_responses
from unmask.web.errors import FetchForbidden
from unmask.web.schemas import Address
from unmask.web.services import owner_of, services_of
from unmask.web.settings import MEGABYTE
from unmask.web.web_fetch import fetch_file

router = APIRouter(tags=["judging"])


@router.post(
    "/v1/fetch",
    responses={200: {"content": {"application/octet-stream": {}}}, **problem_responses(400, 403, 415, 422, 429, 502)},
    response_class=Response,
    summary="Load a picture from the web",
)
async def fetch(request: Request, address: Address) -> Response:
    """Load the picture or video at a public web address, unchanged, so that it can be sent to the other endpoints.

    It is off unless the server runs with `--fetch`. Private networks cannot be reached. The file name is in
    `X-File-Name`, percent-encoded.
    """
    services = services_of(request)
    if not services.settings.fetch:
        raise FetchForbidden("this server loads no addresses; its operator can allow it with --fetch")
    services.rate_limiter.acquire(owner_of(request), 1)
    limit = max(services.settings.max_file_mb * MEGABYTE, services.clip_bytes)
    services.budget.acquire(limit)
    try:
        file = await run_in_threadpool(partial(fetch_file, address.url, limit))
    finally:
        services.budget.release(limit)
    headers = {"Content-Disposition": "attachment", "X-File-Name": quote(file.name)}
    return Response(file.data, media_type="application/octet-stream", headers=headers)
