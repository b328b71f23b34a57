"""Error responses as `application/problem+json` (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Match

from unmask.errors import UnmaskError
from unmask.web.errors import Busy, RateLimited, Unauthorized, UnsupportedEncoding

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5
_HEADERS: dict[type[UnmaskError], dict[str, str]] = {
    Busy: {"Retry-After": str(RETRY_SECONDS)},
    RateLimited: {"Retry-After": "60"},
    UnsupportedEncoding: {"Accept-Encoding": "identity"},
    Unauthorized: {"WWW-Authenticate": 'Bearer realm="unmask"'},
}
_CODES = {404: "not_found", 405: "method_not_allowed", 422: "bad_request"}


def problem_response(
    status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **members: Any
) -> JSONResponse:
    """A problem as a response. `members` are added to the body."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "code": code, "detail": detail}
    return JSONResponse({**body, **members}, status, dict(headers or {}), MEDIA_TYPE)


def error_response(error: UnmaskError, *, detail: str | None = None, **members: Any) -> JSONResponse:
    """The response for an error of this package; `detail` replaces its message."""
    headers = _HEADERS.get(type(error))
    return problem_response(error.http_status, error.code, detail or error.message, headers=headers, **members)


async def _on_unmask_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, UnmaskError)
    return error_response(error)


async def _on_http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = _CODES.get(error.status_code, "bad_request")
    headers = {"Allow": ", ".join(sorted(_allowed_methods(request)))} if error.status_code == 405 else error.headers
    return problem_response(error.status_code, code, str(error.detail), headers=headers)


def _allowed_methods(request: Request) -> set[str]:
    """The methods of all routes at the request's path. Each path with GET also has HEAD."""
    methods = {
        method
        for route in request.app.state.routes
        if route.matches(request.scope)[0] is not Match.NONE
        for method in route.methods
    }
    return methods | {"HEAD"} if "GET" in methods else methods


async def _on_validation_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"][1:]) or "body"
    return problem_response(422, "bad_request", f"{place}: {first['msg']}")


def add_exception_handlers(app: FastAPI) -> None:
    """Make the application answer every error of an endpoint with a problem."""
    app.add_exception_handler(UnmaskError, _on_unmask_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
