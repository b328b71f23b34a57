"""Access control: allowed hosts and origins, API keys, and the rate limit of each key."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware

from unmask.errors import UnmaskError
from unmask.web.errors import Forbidden, RateLimited, Unauthorized
from unmask.web.problem_details import error_response

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from unmask.web.settings import Settings

LOCAL_OWNER = "local"
"""Owner of all data where no API keys are in use."""
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
_HEALTH_PATHS = ("/healthz", "/readyz")
_KEY_PATHS = ("/v1/", "/predict", "/metrics")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class RateLimiter:
    """Token bucket for each key: `per_minute` tokens, refilled evenly. For one event loop; not thread-safe."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._buckets: dict[str, tuple[float, float]] = {}

    def acquire(self, owner: str, count: int, *, begun: bool = False, now: float | None = None) -> None:
        """Take `count` tokens, one for each picture, from an owner's bucket.

        Args:
            owner: the key that sends the pictures.
            count: number of pictures.
            begun: the pictures belong to a job whose first picture was accepted. They are accepted even if the bucket
                becomes negative, and the owner waits longer afterwards. Otherwise a job larger than the bucket could
                never be sent.
            now: seconds of a monotonic clock; `time.monotonic()` if None.

        Raises:
            RateLimited: the bucket has too few tokens.
        """
        if not self._per_minute or owner == LOCAL_OWNER:
            return
        now = time.monotonic() if now is None else now
        left, seen = self._buckets.get(owner, (float(self._per_minute), now))
        left = min(float(self._per_minute), left + (now - seen) * self._per_minute / 60)
        allowed = begun or count <= left
        self._buckets[owner] = (left - count if allowed else left, now)
        if not allowed:
            raise RateLimited(f"more than {self._per_minute} pictures a minute with this key; try again later")


class AccessControlMiddleware:
    """ASGI middleware that checks host, origin and API key, and sets `request.state.owner`."""

    def __init__(self, app: ASGIApp, settings: Settings, owner_of: Callable[[str], str | None]) -> None:
        self._app = app
        self._settings = settings
        self._owner_of = owner_of
        self._hosts = frozenset(settings.allowed_hosts) or (LOOPBACK_HOSTS if settings.loopback else frozenset())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, or answer it with a problem."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            path = self._path(scope)
            if path not in _HEALTH_PATHS:
                self._check_host(headers)
                self._check_origin(scope["method"], headers)
            scope.setdefault("state", {})["owner"] = await self._owner(path, headers)
        except UnmaskError as error:
            await error_response(error)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _path(self, scope: Scope) -> str:
        path: str = scope["path"]
        return path.removeprefix(scope.get("root_path", ""))

    def _check_host(self, headers: Headers) -> None:
        """Reject unknown host names, which protects a private server from DNS rebinding."""
        host = _without_port(headers.get("host", ""))
        if self._hosts and host not in self._hosts:
            raise Forbidden(f"the host name {host!r} is not allowed; add it to the setting allowed_hosts")

    def _check_origin(self, method: str, headers: Headers) -> None:
        """Reject requests that change data and come from a page of another origin, unless the settings allow it."""
        origin = headers.get("origin")
        if (
            method in _SAFE_METHODS
            or origin is None
            or origin in self._settings.cors_origins
            or "*" in self._settings.cors_origins
        ):
            return
        if urlsplit(origin).netloc != headers.get("host"):
            raise Forbidden(f"pages of the origin {origin!r} are not allowed; add it to the setting cors_origins")

    async def _owner(self, path: str, headers: Headers) -> str:
        if not self._settings.keys_required or not path.startswith(_KEY_PATHS):
            return LOCAL_OWNER
        scheme, _, credentials = headers.get("authorization", "").partition(" ")
        key = credentials.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")
        owner = await run_in_threadpool(self._owner_of, key) if key else None
        if owner is None:
            raise Unauthorized("this server needs a valid API key: `Authorization: Bearer KEY`")
        return owner


class ProblemCorsMiddleware(CORSMiddleware):
    """CORS middleware that answers a rejected preflight request with a problem."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """The answer to a preflight request."""
        response = super().preflight_response(request_headers)
        if response.status_code < 400:
            return response
        reason = bytes(response.body).decode()
        rejected = error_response(Forbidden(f"{reason}; see the setting cors_origins"))
        rejected.headers.update(
            {name: value for name, value in response.headers.items() if name not in rejected.headers}
        )
        return rejected


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()
