"""ASGI middleware for HTTP itself: the path prefix of a proxy, HEAD requests, and compressed request bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers

from unmask.web.errors import UnsupportedEncoding
from unmask.web.problem_details import error_response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class RootPathMiddleware:
    """Sets the path prefix, and adds it to the path if the proxy removed it. So both kinds of proxy work."""

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self._app = app
        self._prefix = "/" + root_path.strip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] == "http":
            path: str = scope["path"]
            full = path if f"{path}/".startswith(f"{self._prefix}/") else self._prefix + path
            scope = {**scope, "root_path": self._prefix, "path": full}
        await self._app(scope, receive, send)


class HeadMiddleware:
    """Answers HEAD with the status and the headers of GET."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, a HEAD request as GET."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        as_get: dict[str, Any] = {**scope, "method": "GET"}

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            elif message.get("more_body"):
                raise _HeadSent

        try:
            await self._app(as_get, receive, send_head)
        except _HeadSent:
            return
        finally:
            scope["route"] = as_get.get("route")


class _HeadSent(Exception):
    """Ends a response whose headers were sent, so that a stream without an end does not run on."""


class ContentEncodingMiddleware:
    """Rejects compressed request bodies.

    Pictures are compressed already, and a small compressed body can expand to any size.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, or answer it with a problem."""
        encoding = Headers(scope=scope).get("content-encoding", "") if scope["type"] == "http" else ""
        if encoding.strip().lower() in ("", "identity"):
            await self._app(scope, receive, send)
            return
        error = UnsupportedEncoding(
            f"request bodies with Content-Encoding: {encoding[:40]} are not accepted; send the bytes uncompressed"
        )
        await error_response(error)(scope, receive, send)
