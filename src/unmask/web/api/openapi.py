"""Parts of the OpenAPI description that several endpoints share."""

from __future__ import annotations

from typing import Any

from unmask.verdict import Label
from unmask.web.json_upload import MEDIA_TYPE as JSON_UPLOAD
from unmask.web.problem_details import MEDIA_TYPE
from unmask.web.schemas import ExplainedFace, JudgedFace, Problem

_DESCRIPTIONS = {
    400: "The request is invalid.",
    401: "No API key, or an invalid one.",
    403: "The host or the page is not allowed.",
    404: "Not found.",
    408: "The upload took too long.",
    413: "Too many files or bytes.",
    415: "The file is not a picture, or the body is compressed.",
    422: "The request is invalid, or the picture cannot be judged.",
    429: "More pictures a minute than the key allows.",
    500: "An unexpected error.",
    501: "An optional package is not installed.",
    502: "The file at the address cannot be loaded.",
    503: "The queue is full; `Retry-After` gives the seconds to wait.",
    504: "The picture was not judged in time.",
}
UPLOAD_STATUSES = (400, 408, 413, 415, 422, 429, 503, 504, 501)
_ABSENT = {"detection_score", "reason", "smallest_face"}
"""Fields of verdicts and faces that are absent if they have no value."""
_PICTURE = {"type": "string", "format": "binary"}
_JSON_PICTURE: dict[str, Any] = {
    "type": "object",
    "required": ["image"],
    "properties": {
        "image": {"type": "string", "description": "One picture: the bytes of the file in base64, or a data URL."},
        "name": {"type": "string", "description": "Name of the picture."},
    },
    "example": {"image": "/9j/4AAQSkZJRg…", "name": "photo.jpg"},
}


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
        content[JSON_UPLOAD] = {"schema": _JSON_PICTURE}
    return {"requestBody": {"required": True, "description": "The original files.", "content": content}}


def wire_form(description: dict[str, Any]) -> dict[str, Any]:
    """Correct FastAPI's description where the responses are narrower than the Python types.

    Errors are problems. The label of a face is never `no_face`. A face has every field
    except those in `_ABSENT`, which are never null.
    """
    components = description.setdefault("components", {}).setdefault("schemas", {})
    components["Problem"] = Problem.model_json_schema()
    components.pop("HTTPValidationError", None)
    components.pop("ValidationError", None)
    labels = [str(label) for label in Label if label is not Label.NO_FACE]
    for face in (components[JudgedFace.__name__], components[ExplainedFace.__name__]):
        face["required"] = [name for name in face["properties"] if name not in _ABSENT]
        face["properties"]["label"] = {"type": "string", "enum": labels}
    for component in components.values():
        for name in _ABSENT & component.get("properties", {}).keys():
            _drop_null(component["properties"][name])
    return description


def _drop_null(field: dict[str, Any]) -> None:
    """Describe an optional field that is absent if it has no value, and never null."""
    field.pop("default", None)
    for variant in field.pop("anyOf", ()):
        if variant != {"type": "null"}:
            field.update(variant)
