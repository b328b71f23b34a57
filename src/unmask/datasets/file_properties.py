"""Properties of image files that do not depend on the face: format, size, encoding, metadata, mean color."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from unmask.datasets.framing import Framing
from unmask.datasets.labeled_image import LabeledImage
from unmask.datasets.near_duplicates import THUMBNAIL, Hashes, difference_hash, thumbnail
from unmask.datasets.parallel import parallel_map
from unmask.errors import UnmaskError
from unmask.images import open_image
from unmask.verdict import Failure

_METADATA = ("exif", "xmp", "icc_profile", "comment", "jfif", "adobe", "dpi", "photoshop", "mp", "gamma", "Software")


@dataclass(frozen=True, slots=True)
class FileProperties:
    """Properties of one readable image file.

    Attributes:
        sha256: SHA-256 of the file's bytes.
        format: "JPEG", "PNG", ….
        width, height: size in pixels after EXIF rotation.
        mode: pixel mode of Pillow: "RGB", "L", "CMYK", "P", ….
        quantization_tables: digest of the JPEG quantization tables; "" for other formats.
        mean_quantization: mean of the JPEG luminance table; larger means lower quality; 0 for other formats.
        jpeg_layout: JPEG chroma subsampling and "progressive"; "" for other formats.
        metadata: kinds of metadata in the file.
        exif_tags: number of EXIF tags.
        mean_color: mean red, green and blue of a thumbnail, 0…255.
        hash: difference hash, `[32]`.
        framing: position of the largest face, from `measure_framings`; None if it was not measured.
    """

    sha256: str
    format: str
    width: int
    height: int
    mode: str
    quantization_tables: str
    mean_quantization: float
    jpeg_layout: str
    metadata: frozenset[str]
    exif_tags: int
    mean_color: tuple[float, float, float]
    hash: Hashes
    framing: Framing | None = None


def read_file_properties(items: Iterable[LabeledImage]) -> Iterator[FileProperties | Failure]:
    """Reads and decodes every file once, on all cores, in order; yields a `Failure` for an unreadable file."""
    return parallel_map(_read, items)


def _read(item: LabeledImage) -> FileProperties | Failure:
    try:
        picture = open_image(item.path, name=item.name)
        pixels = thumbnail(picture)
    except UnmaskError as error:
        return Failure.from_error(error)
    red, green, blue = np.asarray(pixels.reduce(max(1, min(pixels.size) // THUMBNAIL))).mean(axis=(0, 1))
    with Image.open(item.path) as header:
        tables = getattr(header, "quantization", None) or {}
        return FileProperties(
            sha256=picture.sha256,
            format=picture.format,
            width=picture.width,
            height=picture.height,
            mode=header.mode,
            quantization_tables=_digest(tables) if tables else "",
            mean_quantization=float(np.mean(tables[min(tables)])) if tables else 0.0,
            jpeg_layout=_layout(header) if tables else "",
            metadata=frozenset(kind for kind in _METADATA if header.info.get(kind)),
            exif_tags=len(header.getexif()),
            mean_color=(float(red), float(green), float(blue)),
            hash=difference_hash(pixels),
        )


def _digest(tables: Mapping[int, Sequence[int]]) -> str:
    return hashlib.sha256(repr(sorted(tables.items())).encode()).hexdigest()[:12]


def _layout(header: Image.Image) -> str:
    """Chroma subsampling of a JPEG, and whether it is progressive."""
    sampling = ",".join(f"{layer[1]}x{layer[2]}" for layer in getattr(header, "layer", []))
    return f"{sampling}{' progressive' if header.info.get('progressive') else ''}"
