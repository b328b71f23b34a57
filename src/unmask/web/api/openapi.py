"""Parts of the OpenAPI description that several endpoints share."""

from __future__ import annotations

from typing import Any

from unmask.verdict import Face, Label
from unmask.web.problem_details import MEDIA_TYPE
from unmask.web.schemas import ExplainedFace, Problem

_DESCRIPTIONS = {
    400: "The request is invalid.",
    401: "No API key, or an invalid one.",
    403: "The host or the page is not allowed.",
    404: "Not found.",
    408: "The upload took too long.",
    413: "Too many files or bytes.",
    415: "The file is not a picture.",
    422: "The request is invalid, or the picture cannot be judged.",
    429: "More pictures a minute than the key allows.",
    500: "An unexpected error.",
    501: "An optional package is not installed.",
    503: "The queue is full; `Retry-After` says when to try again.",
    504: "The picture was not judged in time.",
}
UPLOAD_STATUSES = (400, 408, 413, 415, 422, 429, 503, 504, 501)
_PICTURE = {"type": "string", "format": "binary"}


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problem responses of an endpoint, for its `responses=`."""
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    return {
        status: {"description": _DESCRIPTIONS[status], "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in (*statuses, 401, 403, 500)
    }


def pictures_body(*, raw: bool = True) -> dict[str, Any]:
    """The request body of an endpoint that takes pictures, for its `openapi_extra=`."""
    form = {
        "type": "object",
        "required": ["files"],
        "properties": {"files": {"type": "array", "minItems": 1, "items": _PICTURE}},
    }
    content: dict[str, Any] = {"multipart/form-data": {"schema": form}}
    if raw:
        content.update({kind: {"schema": _PICTURE} for kind in ("application/octet-stream", "image/*")})
    return {"requestBody": {"required": True, "description": "The original files.", "content": content}}


def wire_form(description: dict[str, Any]) -> dict[str, Any]:
    """Correct FastAPI's description where the responses are narrower than the Python types.

    Errors are problems. A face has every field, and its label is never `no_face`.
    """
    components = description.setdefault("components", {}).setdefault("schemas", {})
    components["Problem"] = Problem.model_json_schema()
    components.pop("HTTPValidationError", None)
    components.pop("ValidationError", None)
    labels = [str(label) for label in Label if label is not Label.NO_FACE]
    for face in (components[Face.__name__], components[ExplainedFace.__name__]):
        face["required"] = list(face["properties"])
        face["properties"]["label"] = {"type": "string", "enum": labels}
    return description
