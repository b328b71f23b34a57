"""Parses the segments of a JPEG file (ITU-T T.81, annex B) and estimates its quality from the quantization tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

from unmask.jpeg_markers import end_offset

ZIGZAG = tuple(
    row * 8 + col
    for row, col in sorted(
        ((row, col) for row in range(8) for col in range(8)),
        key=lambda place: (sum(place), place[0] if sum(place) % 2 else place[1]),
    )
)
"""Row-major index of each coefficient of an 8 × 8 block, in the order in which a JPEG file stores them."""

_ANNEX_K = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
    87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip
_ROBIDOUX = (
    16, 16, 16, 18, 25, 37, 56, 85, 16, 17, 20, 27, 34, 40, 53, 75, 16, 20, 24, 31, 43, 62, 91, 135, 18, 27, 31, 40, 53,
    74, 106, 156, 25, 34, 43, 53, 69, 94, 131, 189, 37, 40, 62, 74, 94, 124, 169, 238, 56, 53, 91, 106, 131, 169, 226,
    311, 85, 75, 135, 156, 189, 238, 311, 418,
)  # fmt: skip
FAMILIES: dict[str, tuple[int, ...]] = {"standard": _ANNEX_K, "mozjpeg": _ROBIDOUX}
"""Luminance tables at quality 50: that of the standard (T.81, table K.1) and the default of mozjpeg."""


@dataclass(slots=True)
class JpegStructure:
    """The parsed structure of a JPEG file.

    Attributes:
        tables: quantization tables by number, each in row-major order.
        app_segments: names of the application segments, such as `APP1 Exif`.
        progressive: whether the file is a progressive JPEG.
        subsampling: chroma subsampling, such as `4:2:0`; None for grayscale.
        trailing_bytes: number of bytes after the image's end marker.
        luma_table: number of the luminance table.
    """

    tables: dict[int, tuple[int, ...]] = field(default_factory=dict)
    app_segments: list[str] = field(default_factory=list)
    progressive: bool = False
    subsampling: str | None = None
    trailing_bytes: int = 0
    luma_table: int = 0


@dataclass(frozen=True, slots=True)
class JpegQuality:
    """The estimated JPEG quality setting, 1 to 100.

    Attributes:
        family: key of `FAMILIES` with the nearest table.
        quality: quality setting of the nearest table.
        exact: whether the file's table equals that table.
        error: mean relative difference of the entries.
    """

    family: str
    quality: int
    exact: bool
    error: float


def read_structure(data: bytes) -> JpegStructure | None:
    """Parses a JPEG file; None where the bytes are not JPEG."""
    if data[:2] != b"\xff\xd8":
        return None
    found = JpegStructure()
    for marker, body in _segments(data):
        if marker == 0xDB:
            found.tables.update(_tables(body))
        elif 0xE0 <= marker <= 0xEF:
            found.app_segments.append(_segment_name(marker, body))
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            found.progressive = marker in (0xC2, 0xC6, 0xCA, 0xCE)
            found.subsampling = _subsampling(body)
            found.luma_table = body[8] if len(body) > 8 else 0
    found.trailing_bytes = len(data) - (end_offset(data) or len(data))
    return found


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yields marker and body of each segment before the first scan; ends at the first invalid marker."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xDA:
            return
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        yield marker, data[at + 4 : at + 2 + length]
        at += 2 + max(length, 2)


def _tables(body: bytes) -> Iterator[tuple[int, tuple[int, ...]]]:
    at = 0
    while at < len(body):
        wide, number = body[at] >> 4, body[at] & 15
        size = 128 if wide else 64
        entries = np.frombuffer(body[at + 1 : at + 1 + size], ">u2" if wide else "u1")
        if len(entries) < 64:
            return
        table = np.empty(64, int)
        table[list(ZIGZAG)] = entries
        yield number, tuple(int(value) for value in table)
        at += 1 + size


def _segment_name(marker: int, body: bytes) -> str:
    name = body.split(b"\0", 1)[0][:40]
    text = "".join(chr(byte) for byte in name if 32 <= byte < 127)
    return f"APP{marker - 0xE0} {text}".strip()


def _subsampling(body: bytes) -> str | None:
    count = body[5] if len(body) > 5 else 0
    if count < 3 or len(body) < 6 + 3 * count:
        return None
    across, down = body[7] >> 4, body[7] & 15
    chroma = body[10]
    ratio = across // max(1, chroma >> 4), down // max(1, chroma & 15)
    return {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (1, 2): "4:4:0", (4, 1): "4:1:1"}.get(ratio, str(ratio))


@cache
def table_at(family: str, quality: int) -> NDArray[np.int64]:
    """A family's luminance table at a quality of 1 to 100, scaled as libjpeg scales it, `[64]`."""
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    return np.asarray(np.clip((np.array(FAMILIES[family]) * percent + 50) // 100, 1, 255))


def estimate_quality(table: tuple[int, ...]) -> JpegQuality:
    """Finds the quality setting with the nearest luminance table, of 64 entries; a tie goes to the standard family."""
    actual = np.array(table, float)
    candidates = [
        JpegQuality(family, quality, error == 0.0, error)
        for family in FAMILIES
        for quality in range(100, 0, -1)
        for error in [float(np.mean(np.abs(table_at(family, quality) - actual) / actual.clip(1)))]
    ]
    return min(candidates, key=lambda each: each.error)
