"""Hostile, oversized, slow and interrupted uploads."""

from __future__ import annotations

import socket
import struct
import time
import zlib

import pytest

from tests.web.server_process import Server


def bomb(width: int, height: int) -> bytes:
    """A PNG file whose header states a huge size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 99999))
        + chunk(b"IEND", b"")
    )


HOSTILE = {
    "bomb": (bomb(60000, 60000), 413, "image_too_large"),
    "flat bomb": (bomb(2**31 - 1, 1), 413, "image_too_large"),
    "too many bytes": (b"\xff\xd8" + b"\0" * (1024 * 1024 + 1), 413, "image_too_large"),
    "svg with script": (
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        415,
        "not_an_image",
    ),
    "html": (b"<!doctype html><script>alert(1)</script>", 415, "not_an_image"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", 415, "not_an_image"),
    "zip": (b"PK\x03\x04" + b"\0" * 99, 415, "not_an_image"),
    "nothing": (b"", 422, "empty_file"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_problems(strict_server: Server, name: str) -> None:
    data, status, code = HOSTILE[name]
    answer = strict_server.detect(("x.jpg", data))
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_polyglot_file_is_judged_as_a_picture(strict_server: Server, photo: bytes) -> None:
    plain = strict_server.detect(("a.jpg", photo)).json()["results"][0]
    polyglot = strict_server.detect(("a.jpg", photo + b"PK\x03\x04<script>alert(1)</script>")).json()["results"][0]
    assert polyglot["probability_fake"] == plain["probability_fake"]
    assert polyglot["sha256"] != plain["sha256"]


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\x.jpg", "x.jpg"),
        ("<img src=x onerror=alert(1)>.jpg", "<img src=x onerror=alert(1)>.jpg"),
        ("a" * 300 + ".jpg", "a" * 251 + ".jpg"),
        ("..", "upload"),
        ("x\u202egpj.exe", "xgpj.exe"),
    ],
)
def test_file_names_are_made_safe(strict_server: Server, photo: bytes, sent: str, shown: str) -> None:
    assert strict_server.detect((sent, photo)).json()["results"][0]["path"] == shown


def test_an_oversized_body_is_rejected_before_it_is_read(strict_server: Server) -> None:
    with socket.create_connection(("127.0.0.1", strict_server.port), timeout=20) as sock:
        head = (
            f"POST /v1/detect HTTP/1.1\r\nHost: 127.0.0.1:{strict_server.port}\r\nContent-Length: 99999999999\r\n\r\n"
        )
        sock.sendall(head.encode())
        assert b" 413 " in sock.recv(4096).split(b"\r\n")[0]


def test_a_slow_upload_is_ended(strict_server: Server) -> None:
    with socket.create_connection(("127.0.0.1", strict_server.port), timeout=30) as sock:
        head = f"POST /v1/detect HTTP/1.1\r\nHost: 127.0.0.1:{strict_server.port}\r\nContent-Length: 100000\r\n\r\n"
        sock.sendall(head.encode() + b"x")
        started = time.monotonic()
        assert b" 408 " in sock.recv(4096).split(b"\r\n")[0]
        assert time.monotonic() - started < 20


def test_interrupted_uploads_leave_the_queue(strict_server: Server, photo: bytes) -> None:
    head = f"POST /v1/detect HTTP/1.1\r\nHost: 127.0.0.1:{strict_server.port}\r\nContent-Length: {len(photo)}\r\n\r\n"
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", strict_server.port)) as sock:
            sock.sendall(head.encode() + photo[: len(photo) // 2])
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if "unmask_queue 0.0" in strict_server.client.get("/metrics").text:
            break
        time.sleep(0.2)
    assert strict_server.detect(("me.jpg", photo)).status_code == 200
