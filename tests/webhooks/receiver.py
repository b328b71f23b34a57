"""A local HTTP server that receives webhooks."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook as Verifier

SECRET = b"0123456789abcdef0123456789abcdef"


@dataclass
class Delivery:
    """One received request."""

    headers: Mapping[str, str]
    body: bytes
    status: int
    path: str

    @property
    def event(self) -> dict[str, Any]:
        """The event, after its signature was verified by the reference library."""
        event: dict[str, Any] = Verifier(SECRET).verify(self.body, dict(self.headers))
        return event


class Receiver:
    """Answers each request with the next of `statuses`, then with 204.

    Attributes:
        deliveries: all requests in order.
        headers: extra headers of the responses.
        pause: seconds before each response.
    """

    def __init__(self, *statuses: int, headers: Mapping[str, str] | None = None, pause: float = 0.0) -> None:
        self.deliveries: list[Delivery] = []
        self._statuses = list(statuses)
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                time.sleep(pause)
                status = receiver._statuses.pop(0) if receiver._statuses else 204
                receiver.deliveries.append(
                    Delivery({name.lower(): value for name, value in self.headers.items()}, body, status, self.path)
                )
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def __enter__(self) -> Receiver:
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait(self, count: int, seconds: float = 20.0) -> list[Delivery]:
        """The first deliveries, as soon as there are `count`."""
        end = time.monotonic() + seconds
        while len(self.deliveries) < count:
            assert time.monotonic() < end, f"{len(self.deliveries)} of {count} deliveries"
            time.sleep(0.01)
        return self.deliveries[:count]
