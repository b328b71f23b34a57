"""Repairs files whose pixels are all there: a missing end marker, an oversized or damaged auxiliary chunk.

A file with missing pixels is never repaired; the error states how much of the image is there.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator

from PIL import Image, ImageChops

from unmask.errors import CorruptImage
from unmask.jpeg_markers import EOI, end_offset, has_every_coefficient

Repaired = tuple[bytes, str]
"""The bytes as decoders need them, and a note on what was odd."""

JPEG_FORMATS = ("JPEG", "MPO")
FILLERS = tuple(bytes((start - 37 * index) % 254 + 1 for index in range(512)) for start in (253, 106))
"""Bytes that hold no marker. Where pixels are missing, decoders take them for coded data, and the pixels change.

The first filler begins with ones and the second with a zero: libjpeg pads missing data with zeros."""
_RESTART = re.compile(rb"\xff([\xd0-\xd7])")
STRIP = 256
"""Rows that are compared at once."""
MAX_CHUNK = 1 << 20
"""Pillow decodes no text chunk or color profile of a PNG file above this many bytes."""
_PNG_SIGNATURE = 8
_COMPRESSED = {b"iCCP", b"zTXt", b"iTXt"}
_SHORTEST = {b"sRGB": 1, b"gAMA": 4, b"pHYs": 9, b"cHRM": 32, b"acTL": 8, b"fcTL": 26}
"""Bytes that a chunk of this name has at least; Pillow reads no file with a shorter one."""
_SHORTEST_TRANSPARENCY = {0: 2, 2: 6, 3: 1}
"""The same for `tRNS`, by color type: gray, RGB and palette."""


def repair(data: bytes, form: str, label: str) -> Repaired | None:
    """A file that failed to decode, with its fault removed; None if the fault is unknown.

    Args:
        data: content of the file.
        form: its format.
        label: name of the image, for the error.

    Raises:
        CorruptImage: pixels are missing; the message states how much is there.
    """
    if form in JPEG_FORMATS:
        return _repair_jpeg(data, label)
    if form == "PNG":
        return _repair_png(data, label)
    return _repair_webp(data, label) if form == "WEBP" else None


def lacks_end(data: bytes, form: str) -> bool:
    """Whether the file is a JPEG without an end marker."""
    return form in JPEG_FORMATS and not data.endswith(EOI) and end_offset(data) is None


def check_complete(data: bytes, label: str) -> None:
    """Raises CorruptImage if a JPEG with an end marker lacks pixels.

    libjpeg decodes missing pixels to mid-gray without an error.
    """
    end = end_offset(data)
    if end is not None:
        _check_jpeg(data[: end - len(EOI)], label)


def _repair_jpeg(data: bytes, label: str) -> Repaired | None:
    """The file with an end marker. Zeros at its end are not coded data: the last coded byte is padded with ones."""
    if end_offset(data) is not None:
        return None
    body = data.rstrip(b"\0")
    if body.endswith(b"\xff"):
        body = body + b"\0" if len(body) < len(data) else body.rstrip(b"\xff")
    _check_jpeg(body, label)
    return body + EOI, "The end marker of the JPEG file is missing; all pixels are there."


def _check_jpeg(body: bytes, label: str) -> None:
    """Raises CorruptImage if bytes inserted before the end marker change pixels: then coded data are missing."""
    body = body.rstrip(b"\xff")
    try:
        plain = _pixels(body + EOI)
        changes = [_first_difference(plain, _pixels(body + filler + EOI)) for filler in _fillers(body)]
    except Exception as error:
        raise CorruptImage(f"{label}: cut short: no pixels are there; get the whole file") from error
    if not has_every_coefficient(body):
        raise CorruptImage(f"{label}: cut short: only a coarse version of the picture is there; get the whole file")
    changed = [row for row in changes if row is not None]
    if changed:
        raise _missing(label, min(changed), plain.height)


def _fillers(body: bytes) -> Iterator[bytes]:
    """Yields the fillers; in a file with restart markers also one that begins with the next restart marker."""
    yield from FILLERS
    found = _RESTART.findall(body)
    if b"\xff\xdd" in body:
        number = (found[-1][0] - 0xD0 + 1) % 8 if found else 0
        yield bytes((0xFF, 0xD0 + number)) + FILLERS[0]


def _missing(label: str, rows: int, height: int) -> CorruptImage:
    share = int(100 * rows / height)
    return CorruptImage(
        f"{label}: cut short: {share} % of its pixels are there ({rows} of {height} rows); get the whole file"
    )


def _pixels(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data), formats=["JPEG"])
    image.load()
    return image


def _first_difference(first: Image.Image, second: Image.Image) -> int | None:
    """The first row in which two images of one size differ; None if they are equal."""
    for top in range(0, first.height, STRIP):
        box = (0, top, first.width, min(top + STRIP, first.height))
        found = ImageChops.difference(first.crop(box), second.crop(box)).getbbox()
        if found:
            return top + found[1]
    return None


def _repair_png(data: bytes, label: str) -> Repaired | None:
    """The file without the auxiliary chunks that are damaged, or larger than Pillow decodes."""
    kept, dropped = [data[:_PNG_SIGNATURE]], []
    shortest = _SHORTEST | {b"tRNS": _SHORTEST_TRANSPARENCY.get(data[25] if len(data) > 25 else 0, 0)}
    for name, body, checksum in _png_chunks(data):
        auxiliary = bool(name[:1].lower() == name[:1])
        sound = checksum == zlib.crc32(name + body)
        if auxiliary and (not sound or len(body) < shortest.get(name, 0) or _is_oversized(name, body)):
            dropped.append(name.decode("ascii", "replace"))
        else:
            kept.append(struct.pack(">I", len(body)) + name + body + struct.pack(">I", checksum))
    if dropped:
        note = f"Chunks of the PNG file are damaged or oversized and were ignored: {', '.join(dict.fromkeys(dropped))}."
        return b"".join(kept), note
    share = _png_share(data)
    if share is not None and share[0] < share[1]:
        raise _missing(label, *share)
    return None


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """Yields name, body and checksum of each chunk; a chunk that is cut short ends the file."""
    at = _PNG_SIGNATURE
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        end = at + 12 + length
        if end > len(data):
            return
        yield data[at + 4 : at + 8], data[at + 8 : end - 4], int.from_bytes(data[end - 4 : end], "big")
        at = end


def _is_oversized(name: bytes, body: bytes) -> bool:
    """Whether an auxiliary chunk decompresses to more than `MAX_CHUNK` bytes."""
    if name not in _COMPRESSED:
        return len(body) > MAX_CHUNK
    head = body.find(b"\0") + (2 if name != b"iTXt" else 3)
    if name == b"iTXt":
        head = body.find(b"\0", body.find(b"\0", head) + 1) + 1
        if body[body.find(b"\0") + 1 : body.find(b"\0") + 2] != b"\1":
            return len(body) > MAX_CHUNK
    try:
        return len(zlib.decompressobj().decompress(body[head:], MAX_CHUNK + 1)) > MAX_CHUNK
    except zlib.error:
        return True


def _png_share(data: bytes) -> tuple[int, int] | None:
    """Rows that are there and rows in all of a PNG file without interlacing; None if it is unknown."""
    header = data[16:29]
    if len(header) < 13 or header[12]:
        return None
    width, height, depth, color = struct.unpack(">IIBB", header[:10])
    stride = 1 + (width * depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}.get(color, 1) + 7) // 8
    there, inflate, at = 0, zlib.decompressobj(), _PNG_SIGNATURE
    try:
        while at + 8 < len(data):
            length = int.from_bytes(data[at : at + 4], "big")
            if data[at + 4 : at + 8] == b"IDAT":
                rest = data[at + 8 : at + 8 + length]
                while rest and there < stride * height:
                    there += len(inflate.decompress(rest, 1 << 20))
                    rest = inflate.unconsumed_tail
            at += 12 + length
    except zlib.error:
        return None
    return min(there // stride, height), height


def _repair_webp(data: bytes, label: str) -> Repaired | None:
    """The file with its padding byte; any other missing byte raises CorruptImage with the share that is there."""
    declared = int.from_bytes(data[4:8], "little") + 8
    if len(data) >= declared:
        return None
    at = 12
    while at + 8 <= len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + length + length % 2
        if length % 2 and at == declared == len(data) + 1:
            return data + b"\0", "The last padding byte of the WebP file is missing; all pixels are there."
    share = 100 * len(data) // declared
    raise CorruptImage(f"{label}: cut short: {share} % of its bytes are there; get the whole file")
