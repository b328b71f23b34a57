"""A local HTTP server of clips, playlists and cameras, whose connections can be dropped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from PIL import Image

CHUNKS, PAUSE = 12, 0.05
"""Parts in which a live source is sent, and seconds between them."""

Respond = Callable[["Handler", int], None]
"""Answers a request; the number is that of the request for this path, from 0 on."""


class Handler(BaseHTTPRequestHandler):
    """Answers with the function of the path."""

    routes: dict[str, Respond]
    counts: dict[str, int]

    def do_GET(self) -> None:
        number = self.counts[self.path] = self.counts.get(self.path, -1) + 1
        try:
            self.routes[self.path](self, number)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, *args: object) -> None:
        pass

    def begin(self, kind: str, **headers: str) -> None:
        """Send the status and the headers."""
        self.send_response(206 if "Content_Range" in headers else 200)
        self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def trickle(self, data: bytes) -> None:
        """Send data in parts, as a live source does."""
        step = len(data) // CHUNKS + 1
        for begin in range(0, len(data), step):
            self.wfile.write(data[begin : begin + step])
            time.sleep(PAUSE)


class StreamServer:
    """Serves paths on a local port.

    Attributes:
        url: address of the server, without a slash at the end.
        counts: number of the last request by path, from 0 on.
    """

    def __init__(self, **routes: Respond) -> None:
        self.counts: dict[str, int] = {}
        named = {f"/{name.replace('__', '.')}": respond for name, respond in routes.items()}
        handler = type("BoundHandler", (Handler,), {"routes": named, "counts": self.counts})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def __enter__(self) -> StreamServer:
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def live(*parts: bytes) -> Respond:
    """Each connection gets the next part and is dropped after it; later connections are dropped at once."""

    def respond(handler: Handler, number: int) -> None:
        if number < len(parts):
            handler.begin("video/mp2t")
            handler.trickle(parts[number])
        handler.close_connection = True

    return respond


def recording(path: Path, *, drop_first_at: int | None = None) -> Respond:
    """A file with ranges; the first connection can be dropped after some bytes."""
    data = path.read_bytes()

    def respond(handler: Handler, number: int) -> None:
        begin = int(handler.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
        if begin >= len(data):
            handler.send_error(416)
            return
        rest = data[begin:]
        part = f"bytes {begin}-{len(data) - 1}/{len(data)}"
        handler.begin("video/mp4", Content_Range=part, Content_Length=str(len(rest)), Accept_Ranges="bytes")
        handler.wfile.write(rest[:drop_first_at] if number == 0 else rest)
        handler.close_connection = True

    return respond


def fixed(data: bytes, kind: str) -> Respond:
    """The same bytes for every request."""

    def respond(handler: Handler, number: int) -> None:
        handler.begin(kind, Content_Length=str(len(data)))
        handler.wfile.write(data)

    return respond


def camera(pictures: Sequence[Image.Image]) -> Respond:
    """A network camera that sends one JPEG after the other; the second connection is dropped at once."""
    import io

    def respond(handler: Handler, number: int) -> None:
        handler.close_connection = True
        if number:
            return
        handler.begin("multipart/x-mixed-replace; boundary=frame")
        for picture in pictures:
            picture.save(file := io.BytesIO(), "JPEG")
            data = file.getvalue()
            handler.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(data))
            handler.wfile.write(data + b"\r\n")
            time.sleep(0.1)

    return respond
