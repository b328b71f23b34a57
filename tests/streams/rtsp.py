"""A local RTSP server of one clip, with the RTP packets inside the RTSP connection."""

from __future__ import annotations

import socketserver
import threading
import time
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

RATE = 10
DESCRIPTION = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=clip\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:video\r\n"
)


def rtp_packets(path: Path) -> list[bytes]:
    """The frames of an H.264 clip as RTP packets."""
    import av

    packets: list[bytes] = []

    class Sink:
        def write(self, data: bytes) -> int:
            if not 200 <= data[1] <= 204:  # RTCP
                packets.append(bytes(data))
            return len(data)

    sink: Any = Sink()
    with av.open(str(path)) as clip, av.open(sink, "w", format="rtp", options={"packetsize": "1400"}) as container:
        stream = container.add_stream("libx264", rate=RATE, options={"g": "5", "tune": "zerolatency"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number, frame in enumerate(clip.decode(video=0)):
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return packets


class RtspServer:
    """Serves a clip, and drops each connection after its last packet.

    Attributes:
        url: its address.
        requests: methods of all requests in order.
    """

    def __init__(self, path: Path, connections: int) -> None:
        self.requests: list[str] = []
        packets, server, left = rtp_packets(path), self, [connections]

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                left[0] -= 1
                while left[0] >= 0 and (request := read_request(self.rfile)):
                    method, number = request
                    server.requests.append(method)
                    self.wfile.write(response(method, number, server.url))
                    if method == "PLAY":
                        for packet in packets:
                            self.wfile.write(b"$\0" + len(packet).to_bytes(2, "big") + packet)
                            time.sleep(0.02)
                        return

        socketserver.ThreadingTCPServer.daemon_threads = True
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.url = f"rtsp://127.0.0.1:{self._server.server_address[1]}/clip"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def __enter__(self) -> RtspServer:
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def read_request(file: BinaryIO) -> tuple[str, str] | None:
    """Method and sequence number of the next request."""
    lines = []
    while (line := file.readline().strip()) or not lines:
        if not line:
            return None
        lines.append(line.decode())
    number = next(line.partition(":")[2].strip() for line in lines if line.lower().startswith("cseq:"))
    return lines[0].split()[0], number


def response(method: str, number: str, url: str) -> bytes:
    """The response to a request."""
    headers = {"CSeq": number, "Session": "1"}
    if method == "OPTIONS":
        headers["Public"] = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN"
    if method == "SETUP":
        headers["Transport"] = "RTP/AVP/TCP;unicast;interleaved=0-1"
    body = DESCRIPTION if method == "DESCRIBE" else ""
    if body:
        headers |= {"Content-Type": "application/sdp", "Content-Base": f"{url}/", "Content-Length": str(len(body))}
    lines = ["RTSP/1.0 200 OK", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
