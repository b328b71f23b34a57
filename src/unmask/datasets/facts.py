"""What a picture file gives away besides its picture: format, size, encoding, metadata, mean colour."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from unmask.datasets.framing import Framing
from unmask.datasets.item import Item
from unmask.datasets.parallel import in_order
from unmask.datasets.similar import THUMBNAIL, Hashes, difference_hash, thumbnail
from unmask.errors import UnmaskError
from unmask.images import open_image
from unmask.verdict import Failure

_METADATA = ("exif", "xmp", "icc_profile", "comment", "jfif", "adobe", "dpi", "photoshop", "mp", "gamma", "Software")


@dataclass(frozen=True, slots=True)
class Facts:
    """What one readable file says without its face being judged.

    Attributes:
        sha256: of the file's bytes.
        format: "JPEG", "PNG", ….
        width, height: of the upright picture in pixels.
        mode: how pixels are stored: "RGB", "L", "CMYK", "P", ….
        tables: digest of the JPEG quantisation tables, "" for other formats.
        coarseness: mean of the JPEG luminance table, 0 for other formats; larger is worse quality.
        layout: JPEG chroma sampling and whether it is progressive, "" for other formats.
        metadata: which kinds there are.
        tags: number of EXIF tags.
        colour: mean red, green and blue of a thumbnail, 0…255.
        hash: difference hash, `[32]`.
        framing: where the face is in the picture, by `read_framings`; None where it was not looked for.
    """

    sha256: str
    format: str
    width: int
    height: int
    mode: str
    tables: str
    coarseness: float
    layout: str
    metadata: frozenset[str]
    tags: int
    colour: tuple[float, float, float]
    hash: Hashes
    framing: Framing | None = None


def read_facts(items: Iterable[Item]) -> Iterator[Facts | Failure]:
    """Reads and decodes every file once, on all cores, in order; a file that cannot be judged gives its problem."""
    return in_order(_facts, items)


def _facts(item: Item) -> Facts | Failure:
    try:
        picture = open_image(item.path, name=item.name)
        pixels = thumbnail(picture)
    except UnmaskError as error:
        return Failure.of(error)
    red, green, blue = np.asarray(pixels.reduce(max(1, min(pixels.size) // THUMBNAIL))).mean(axis=(0, 1))
    with Image.open(item.path) as header:
        tables = getattr(header, "quantization", None) or {}
        return Facts(
            sha256=picture.sha256,
            format=picture.format,
            width=picture.width,
            height=picture.height,
            mode=header.mode,
            tables=hashlib.sha256(repr(sorted(tables.items())).encode()).hexdigest()[:12] if tables else "",
            coarseness=float(np.mean(tables[min(tables)])) if tables else 0.0,
            layout=_layout(header) if tables else "",
            metadata=frozenset(kind for kind in _METADATA if header.info.get(kind)),
            tags=len(header.getexif()),
            colour=(float(red), float(green), float(blue)),
            hash=difference_hash(pixels),
        )


def _layout(header: Image.Image) -> str:
    sampling = ",".join(f"{layer[1]}x{layer[2]}" for layer in getattr(header, "layer", []))
    return f"{sampling}{' progressive' if header.info.get('progressive') else ''}"
