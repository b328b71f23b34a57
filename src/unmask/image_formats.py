"""Detects the format of an image file by its first bytes and loads the only decoder that may read it."""

from __future__ import annotations

import re
from importlib import import_module

from PIL import Image

from unmask.errors import MissingExtra

MAGIC: tuple[tuple[bytes, bytes, str, str], ...] = (
    (b"\xff\xd8\xff", b"", "JPEG", "PIL.JpegImagePlugin"),
    (b"\x89PNG\r\n\x1a\n", b"", "PNG", "PIL.PngImagePlugin"),
    (b"RIFF", b"WEBP", "WEBP", "PIL.WebPImagePlugin"),
    (b"BM", b"", "BMP", "PIL.BmpImagePlugin"),
    (b"II*\0", b"", "TIFF", "PIL.TiffImagePlugin"),
    (b"MM\0*", b"", "TIFF", "PIL.TiffImagePlugin"),
    (b"II+\0", b"", "TIFF", "PIL.TiffImagePlugin"),
    (b"MM\0+", b"", "TIFF", "PIL.TiffImagePlugin"),
    (b"GIF8", b"", "GIF", "PIL.GifImagePlugin"),
)
"""First bytes, bytes 8 to 12 if they matter, format, and the only Pillow plugin that may decode the file."""
SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".avif", ".heic", ".heif"}
)
"""File name suffixes of images, used when a folder is read."""

UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""The transposition that sets a picture upright, by EXIF orientation."""
_LEADING = re.compile(rb"\A(?:\xef\xbb\xbf|[\r\n\t ]){1,64}(?=\xff\xd8\xff|\x89PNG|RIFF|GIF8)")
"""A byte order mark or white space before the first bytes of an image."""
_BASE64 = re.compile(rb"\A(?:data:[\w/+.;=-]*,|/9j/|iVBORw0KGgo|R0lGOD|UklGR|[A-Za-z0-9+/\s]{200,}={0,2}\s*\Z)")


def detect_format(data: bytes) -> str | None:
    """The format by the first bytes, with its decoder loaded; None if unmask does not read it."""
    if data[4:8] == b"ftyp":
        return _detect_heif(data)
    for start, further, form, plugin in MAGIC:
        if data.startswith(start) and data[8:12].startswith(further):
            import_module(plugin)
            return form
    return None


def leading_bytes(data: bytes) -> int:
    """Number of bytes of a byte order mark or white space before the first bytes of an image."""
    found = _LEADING.match(data[:128])
    return found.end() if found else 0


def looks_like_base64(data: bytes) -> bool:
    """Whether the data are a data URL or the base64 text of a file."""
    return _BASE64.match(data[:100_000]) is not None


def _detect_heif(data: bytes) -> str | None:
    """AVIF or HEIF by the brands of the file type box; None if it is neither."""
    brands = data[8 : max(16, min(int.from_bytes(data[:4], "big"), 256))]
    if b"avi" in brands:
        import_module("PIL.AvifImagePlugin")
        return "AVIF"
    if not any(brand in brands for brand in (b"hei", b"hev", b"mif1", b"msf1")):
        return None
    try:
        import pillow_heif
    except ImportError:
        raise MissingExtra("reading HEIC pictures", "heif") from None
    pillow_heif.register_heif_opener()
    return "HEIF"
