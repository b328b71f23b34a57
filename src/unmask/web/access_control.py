"""Who may ask: known hosts, known pages, a valid API key where one is needed, and not too often."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware

from unmask.errors import UnmaskError
from unmask.web.errors import Forbidden, RateLimited, Unauthorized
from unmask.web.problems import of_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from unmask.web.settings import Settings

LOCAL_OWNER = "local"
"""Owner of everything where no keys are in use."""
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
_OPEN = ("/healthz", "/readyz")
_GUARDED = ("/v1/", "/predict", "/metrics")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class RateLimiter:
    """A token bucket for each key: `per_minute` at once, refilled evenly. For one event loop; not thread-safe."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._buckets: dict[str, tuple[float, float]] = {}

    def spend(self, owner: str, count: int, *, begun: bool = False, now: float | None = None) -> None:
        """Take `count` pictures from an owner's bucket.

        Args:
            owner: who asks.
            count: how many pictures.
            begun: they belong to a job whose first picture was let in. They are let in as well, and the owner waits the
                longer afterwards: else a job larger than the bucket could never be sent.
            now: seconds of a clock that only goes forward; the system's if None.

        Raises:
            RateLimited: there are not as many left.
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


class AccessControl:
    """ASGI middleware that turns away who may not ask, and notes who asks in `request.state.owner`."""

    def __init__(self, app: ASGIApp, settings: Settings, owner_of: Callable[[str], str | None]) -> None:
        self._app = app
        self._settings = settings
        self._owner_of = owner_of
        self._hosts = frozenset(settings.allowed_hosts) or (LOOPBACK_HOSTS if settings.loopback else frozenset())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or answer with the problem."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            path = self._path(scope)
            if path not in _OPEN:
                self._check_host(headers)
                self._check_origin(scope["method"], headers)
            scope.setdefault("state", {})["owner"] = await self._owner(path, headers)
        except UnmaskError as error:
            await of_error(error)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _path(self, scope: Scope) -> str:
        path: str = scope["path"]
        return path.removeprefix(self._settings.root_path)

    def _check_host(self, headers: Headers) -> None:
        """A page elsewhere must not reach a private server under a name it made up (DNS rebinding)."""
        host = _without_port(headers.get("host", ""))
        if self._hosts and host not in self._hosts:
            raise Forbidden(
                f"this server does not answer to the name {host!r}; the setting allowed_hosts names those it does"
            )

    def _check_origin(self, method: str, headers: Headers) -> None:
        """A page elsewhere must not make a browser change or send anything here, unless it is named in the settings."""
        origin = headers.get("origin")
        if (
            method in _SAFE
            or origin is None
            or origin in self._settings.cors_origins
            or "*" in self._settings.cors_origins
        ):
            return
        if urlsplit(origin).netloc != headers.get("host"):
            raise Forbidden("this page may not use the server; see the setting cors_origins")

    async def _owner(self, path: str, headers: Headers) -> str:
        if not self._settings.keys_required or not path.startswith(_GUARDED):
            return LOCAL_OWNER
        kind, _, key = headers.get("authorization", "").partition(" ")
        token = key.strip() if kind.lower() == "bearer" else headers.get("x-api-key", "")
        owner = await run_in_threadpool(self._owner_of, token) if token else None
        if owner is None:
            raise Unauthorized("this server needs a valid API key: `Authorization: Bearer KEY`")
        return owner


class Cors(CORSMiddleware):
    """Lets pages elsewhere ask, those the settings name; to others it says no in the form of every error."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """The answer to a browser that asks what a page may send."""
        response = super().preflight_response(request_headers)
        if response.status_code < 400:
            return response
        reason = bytes(response.body).decode()
        refused = of_error(Forbidden(f"{reason}; see the setting cors_origins"))
        refused.headers.update({name: value for name, value in response.headers.items() if name not in refused.headers})
        return refused


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()
