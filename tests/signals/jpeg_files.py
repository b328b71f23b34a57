"""JPEG files written for the tests."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image


def saved(image: Image.Image, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **options)
    return buffer.getvalue()


def directory(*entries: tuple[int, int, int], after: int = 0) -> bytes:
    """A TIFF directory of tags with their kinds and single values, and where the next directory begins."""
    written = [
        tag.to_bytes(2, "little") + kind.to_bytes(2, "little") + (1).to_bytes(4, "little") + value.to_bytes(4, "little")
        for tag, kind, value in entries
    ]
    return len(entries).to_bytes(2, "little") + b"".join(written) + after.to_bytes(4, "little")


def with_thumbnail(image: Image.Image, thumbnail: Image.Image, orientation: int = 1) -> bytes:
    """A JPEG whose EXIF block holds an orientation and a thumbnail, written byte by byte."""
    small = saved(thumbnail, quality=85)
    first = b"II*\0" + (8).to_bytes(4, "little") + directory((0x0112, 3, orientation), after=26)
    second = directory((0x0103, 3, 6), (0x0201, 4, 26 + 2 + 3 * 12 + 4), (0x0202, 4, len(small)))
    return saved(image, exif=b"Exif\0\0" + first + second + small)
