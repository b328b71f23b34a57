"""Pictures for the comparison of the browser with Python: formats, sizes, orientations, several faces."""

from __future__ import annotations

import io
import random
from pathlib import Path

from PIL import Image

ORIENTATION = 0x0112


def encode(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _oriented(image: Image.Image, value: int) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = value
    return encode(image, exif=exif, quality=90)


def _group(face: Image.Image, side: int) -> Image.Image:
    """Nine faces, so that the correction for their number matters."""
    image = Image.new("RGB", (3 * side, 3 * side))
    for place in range(9):
        image.paste(face.resize((side, side), Image.Resampling.BICUBIC), (place % 3 * side, place // 3 * side))
    return image


def made_pictures(face: Image.Image) -> dict[str, bytes]:
    """Name to bytes of variants of one photograph."""
    large = face.resize((1500, 1500), Image.Resampling.BICUBIC)
    faded = face.convert("RGBA")
    faded.putalpha(Image.linear_gradient("L").resize(face.size))
    return {
        "gray.jpg": encode(face.convert("L")),
        "progressive.jpg": encode(face, progressive=True, quality=80),
        "lossless.png": encode(face, "PNG"),
        "transparent.png": encode(faded, "PNG"),
        "modern.webp": encode(face, "WEBP", quality=80),
        "palette.gif": encode(face, "GIF"),
        "on its side.jpg": _oriented(face, 6),
        "large on its side.jpg": _oriented(large.crop((0, 0, 1497, 1483)), 8),
        "large 4-2-0.jpg": encode(large, quality=90, subsampling=2),
        "large 4-2-2.jpg": encode(large, quality=90, subsampling=1),
        "large progressive.jpg": encode(large, quality=85, progressive=True, subsampling=0),
        "group.jpg": encode(_group(face, 200), quality=92),
        "no face.png": encode(Image.new("RGB", (300, 200), (90, 120, 60)), "PNG"),
    }


def labeled_pictures(data: Path, count: int) -> dict[str, bytes]:
    """Some of the labeled pictures, the same ones each time."""
    paths = sorted(data.glob("*/valid/**/*.jpg"))
    return {str(path.relative_to(data)): path.read_bytes() for path in random.Random(3).sample(paths, count)}
