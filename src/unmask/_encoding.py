"""Image files in memory: encode once, and encode and decode again."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image


def encode_image(image: Image.Image, format: str, **options: Any) -> bytes:  # noqa: A002  Pillow's word
    """An image as the bytes of a file.

    Args:
        image: the pixels.
        format: "JPEG", "PNG" or "WEBP".
        options: of Pillow's encoder, such as `quality`.
    """
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def reencode(image: Image.Image, format: str, **options: Any) -> Image.Image:  # noqa: A002  Pillow's word
    """The RGB pixels after one lossy encoding; arguments as for `encode_image`."""
    return Image.open(io.BytesIO(encode_image(image, format, **options))).convert("RGB")
