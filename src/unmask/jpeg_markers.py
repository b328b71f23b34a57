"""Reads the markers of a JPEG file: its end, its EXIF segments and its scans (ITU-T T.81, annexes B and G)."""

from __future__ import annotations

import re
from collections.abc import Iterator

EOI = b"\xff\xd9"
_MARKER = re.compile(rb"\xff[\x02-\xcf\xd9-\xfe]")
"""A marker that ends the coded data of a scan: neither a stuffed byte nor a restart marker."""
MAX_EXIF = 4
"""EXIF segments that are read."""
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN = 0xDA


def end_offset(data: bytes) -> int | None:
    """Offset after the image's end marker, skipping embedded images; None where there is no end marker."""
    return next((at for marker, _, at in markers(data) if marker == 0xD9), None)


def markers(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Yields each marker, the body of its segment and the offset after it, up to the end marker."""
    at = 2
    while found := _MARKER.search(data, at):
        at, start = found.end(), found.end() + 2
        marker = data[found.end() - 1]
        if marker == 0xD9:
            yield marker, b"", at
            return
        at += int.from_bytes(data[at : at + 2], "big")
        yield marker, data[start:at], at


def limit_exif(data: bytes) -> bytes:
    """The file without the EXIF segments after the first `MAX_EXIF`; the same object where there are no more.

    A decoder joins all EXIF segments and converts each value. One segment of 64 kB holds the EXIF data of any camera;
    converting 10 MB takes seconds.
    """
    kept, seen, start = [], 0, 0
    for marker, body, end in markers(data):
        if marker == _SCAN:
            break
        if marker == 0xE1 and body.startswith(b"Exif\0"):
            seen += 1
            if seen > MAX_EXIF:
                kept.append(data[start : end - len(body) - 4])
                start = end
    return b"".join([*kept, data[start:]]) if kept else data


def has_every_coefficient(data: bytes) -> bool:
    """Whether the headers of the scans cover each component with each coefficient at full precision."""
    components: list[int] = []
    precise: set[tuple[int, int]] = set()
    for marker, body, _ in markers(data):
        if marker in _FRAMES and len(body) > 5:
            components = list(body[6 : 6 + 3 * body[5] : 3])
        elif marker == _SCAN and body and len(body) >= 4 + 2 * body[0]:
            first, last, precision = body[1 + 2 * body[0] :][:3]
            if precision & 15 == 0:
                scanned = body[1 : 1 + 2 * body[0] : 2]
                precise.update((each, index) for each in scanned for index in range(first, min(last, 63) + 1))
    return bool(components) and all((each, index) in precise for each in components for index in range(64))
