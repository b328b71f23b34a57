"""Finds out from the sizes in a clip's container whether the end of the file is missing."""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

MAX_BOXES = 10_000
"""Boxes of an MP4 file that are read at most."""
MATROSKA_HEADER, MATROSKA_SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"


def lacks_end(stream: BinaryIO) -> bool:
    """Whether the end of a clip is missing; False if its container does not state the sizes of its parts.

    MP4 and QuickTime state the size of each box, Matroska and WebM that of the segment, AVI that of the whole file.
    """
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    begin = stream.read(12)
    if begin[4:8] in (b"ftyp", b"moov", b"wide", b"mdat"):
        return _lacks_box(stream, size)
    if begin.startswith(MATROSKA_HEADER):
        return _lacks_segment(stream, size)
    if begin.startswith(b"RIFF") and begin[8:12] == b"AVI ":
        return size < 8 + int(struct.unpack("<I", begin[4:8])[0])
    return False


def _lacks_box(stream: BinaryIO, size: int) -> bool:
    """Whether a top-level box of an MP4 file is longer than the file, or the index `moov` is missing."""
    offset, has_index = 0, False
    for _ in range(MAX_BOXES):
        stream.seek(offset)
        head = stream.read(16)
        if len(head) < 8:
            return not has_index or bool(head)
        length, kind = struct.unpack(">I4s", head[:8])
        has_index = has_index or kind == b"moov"
        if length == 0:  # the box continues to the end of the file
            return not has_index
        if length == 1:
            if len(head) < 16:
                return True
            (length,) = struct.unpack(">Q", head[8:])
        if length < 8:  # not a box
            return False
        offset += length
        if offset > size:
            return True
    return False


def _lacks_segment(stream: BinaryIO, size: int) -> bool:
    """Whether the segment of a Matroska file is longer than the file."""
    header = _element(stream, 0)
    segment = _element(stream, header) if header is not None else None
    if header is None or segment is None:
        return False
    stream.seek(header)
    return stream.read(4) == MATROSKA_SEGMENT and segment > size


def _element(stream: BinaryIO, offset: int) -> int | None:
    """The end of the Matroska element of a four-byte id at `offset`; None if its size is unknown."""
    stream.seek(offset + 4)
    first = stream.read(1)
    if not first or not first[0]:
        return None
    length = 9 - first[0].bit_length()
    value = int.from_bytes(first + stream.read(length - 1), "big") & ((1 << 7 * length) - 1)
    return None if value == (1 << 7 * length) - 1 else offset + 4 + length + value
