"""Detects video and sound files among uploads, and states what to do with those that are not judged."""

from __future__ import annotations

import io
from collections.abc import Iterator

from unmask.errors import MissingExtra
from unmask.image_formats import detect_format
from unmask.video.truncation import lacks_end

_SIGNATURES = (b"\x1a\x45\xdf\xa3", b"FLV\x01", b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3", b"\x30\x26\xb2\x75", b"OggS")
"""First bytes of Matroska and WebM, Flash video, MPEG program and video streams, Windows Media, and Ogg."""
_MP4_BOXES = (b"ftyp", b"moov", b"mdat", b"wide")
"""Boxes with which MP4 and QuickTime files begin."""
_IMAGE_BRANDS = (b"crx ",)
"""Brands of images in the container of MP4 that unmask does not read: Canon raw."""
_TS_PACKET = 188
_HANDLER_OFFSET = 12
"""Bytes from the type of a `hdlr` box to the kind of its track."""


def holds_video(data: bytes) -> bool:
    """Whether a file, or its beginning, is a video; a file that states that it has sound only is none."""
    if not _is_clip(data):
        return False
    kinds = set(_track_kinds(data)) if data[4:8] in _MP4_BOXES else set()
    return not kinds or b"vide" in kinds


def _is_clip(data: bytes) -> bool:
    return _is_mp4_clip(data) if data[4:8] in _MP4_BOXES else _is_other_clip(data)


def clip_problem(name: str, data: bytes) -> str | None:
    """The error message for a video or sound file; None if the data are neither."""
    is_mp4 = data[4:8] in _MP4_BOXES
    if not _is_clip(data):
        return None
    if lacks_end(io.BytesIO(data)):
        return f"{name}: is a video, and its end is missing; this server judges pictures, so send single frames"
    kinds = set(_track_kinds(data)) if is_mp4 else set()
    if kinds and b"vide" not in kinds:
        return f"{name}: has sound only, no pictures; this server judges pictures"
    return (
        f"{name}: is a video, and this server judges pictures; send single frames, or run `unmask detect {name}` "
        "(needs the extra `video`)"
    )


def _is_mp4_clip(data: bytes) -> bool:
    """Whether a file in the container of MP4 is not an image (HEIF, AVIF, raw)."""
    try:
        return data[8:12] not in _IMAGE_BRANDS and detect_format(data) is None
    except MissingExtra:
        return False


def _is_other_clip(data: bytes) -> bool:
    packets = range(0, 3 * _TS_PACKET, _TS_PACKET)
    is_transport_stream = len(data) > packets[-1] and all(data[start] == ord("G") for start in packets)
    return data.startswith(_SIGNATURES) or data[:4] + data[8:12] == b"RIFFAVI " or is_transport_stream


def _track_kinds(data: bytes) -> Iterator[bytes]:
    """The kind of each track of an MP4 file, such as `vide` or `soun`."""
    found = data.find(b"hdlr", max(0, data.find(b"moov")))
    while found >= 0:
        yield data[found + _HANDLER_OFFSET : found + _HANDLER_OFFSET + 4]
        found = data.find(b"hdlr", found + 4)
