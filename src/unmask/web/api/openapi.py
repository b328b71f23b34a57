"""Pieces of the OpenAPI description that several endpoints share."""

from __future__ import annotations

from typing import Any

from unmask.web.problems import MEDIA_TYPE
from unmask.web.schemas import Problem

_REASONS = {
    400: "Not understood.",
    401: "No API key, or one that is not valid.",
    403: "From a host or page that may not ask.",
    404: "No such thing.",
    408: "The upload took too long.",
    413: "Too many files or bytes.",
    415: "Not a picture.",
    422: "Not understood, or the picture cannot be judged.",
    429: "More pictures a minute than the key allows.",
    500: "An unexpected error.",
    501: "Needs an optional part that is not installed.",
    503: "The queue is full; `Retry-After` says when to try again.",
    504: "Not judged in time.",
}
UPLOADING = (400, 408, 413, 415, 422, 429, 503, 504, 501)
_PICTURE = {"type": "string", "format": "binary"}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The answers that are problems, for `responses=` of an endpoint."""
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    return {
        status: {"description": _REASONS[status], "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in (*statuses, 401, 403, 500)
    }


def pictures_body(*, raw: bool = True) -> dict[str, Any]:
    """The body of an endpoint that takes pictures, for `openapi_extra=`."""
    form = {
        "type": "object",
        "required": ["files"],
        "properties": {"files": {"type": "array", "minItems": 1, "items": _PICTURE}},
    }
    content: dict[str, Any] = {"multipart/form-data": {"schema": form}}
    if raw:
        content.update({kind: {"schema": _PICTURE} for kind in ("application/octet-stream", "image/*")})
    return {"requestBody": {"required": True, "description": "The pictures, as they are.", "content": content}}
