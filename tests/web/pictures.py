"""Pictures of one color, without a face."""

from __future__ import annotations

import io

from PIL import Image


def _encoded(kind: str, size: tuple[int, int]) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "navy").save(buffer, kind)
    return buffer.getvalue()


def png(size: tuple[int, int] = (64, 64)) -> bytes:
    """A PNG file."""
    return _encoded("PNG", size)


def jpeg(size: tuple[int, int] = (64, 64)) -> bytes:
    """A JPEG file."""
    return _encoded("JPEG", size)
