"""Recognizes video and sound files among uploads, and names the command for them: the server accepts pictures only."""

from __future__ import annotations

from collections.abc import Iterator

from unmask.errors import MissingExtra
from unmask.image_formats import detect_format

_SIGNATURES = (b"\x1a\x45\xdf\xa3", b"FLV\x01", b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3", b"\x30\x26\xb2\x75", b"OggS")
"""First bytes of Matroska and WebM, Flash video, MPEG program and video streams, Windows Media, and Ogg."""
_MP4_BOXES = (b"ftyp", b"moov", b"mdat", b"wide")
"""Boxes with which MP4 and QuickTime files begin."""
_PHOTO_BRANDS = (b"crx ",)
"""Brands of photographs in the container of MP4 that unmask does not read: Canon raw."""
_TS_PACKET = 188
_HANDLER_OFFSET = 12
"""Bytes from the type of a `hdlr` box to its kind of track."""


def clip_problem(name: str, data: bytes) -> str | None:
    """What to do with a video or sound file; None if the data are neither."""
    if data[4:8] in _MP4_BOXES and data[8:12] not in _PHOTO_BRANDS:
        return _mp4_problem(name, data)
    if data.startswith(_SIGNATURES) or data[:4] + data[8:12] == b"RIFFAVI " or _is_transport_stream(data):
        return _video(name)
    return None


def _video(name: str) -> str:
    return (
        f"{name}: is a video, and this server judges pictures; send single frames, or run `unmask detect {name}` "
        "(needs the extra `video`)"
    )


def _mp4_problem(name: str, data: bytes) -> str | None:
    if _is_heif(data):
        return None
    boxes = {kind: (start, end) for kind, start, end in _boxes(data)}
    if b"moov" not in boxes or boxes[b"moov"][1] > len(data):
        return f"{name}: is a video, and its end is missing; this server judges pictures, so send single frames"
    kinds = set(_track_kinds(data[slice(*boxes[b"moov"])]))
    if kinds and b"vide" not in kinds:
        return f"{name}: has sound only, no pictures; this server judges pictures"
    return _video(name)


def _is_heif(data: bytes) -> bool:
    try:
        return detect_format(data) is not None
    except MissingExtra:
        return True


def _boxes(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Type, start and end of each top-level box of an MP4 file; the last one may end beyond the data."""
    start = 0
    while start + 8 <= len(data):
        size = int.from_bytes(data[start : start + 4], "big")
        if size == 1:
            size = int.from_bytes(data[start + 8 : start + 16], "big")
        end = start + size if size >= 8 else len(data)
        yield data[start + 4 : start + 8], start, end
        start = end


def _track_kinds(moov: bytes) -> Iterator[bytes]:
    """The kind of each track, such as `vide` or `soun`."""
    found = moov.find(b"hdlr")
    while found >= 0:
        yield moov[found + _HANDLER_OFFSET : found + _HANDLER_OFFSET + 4]
        found = moov.find(b"hdlr", found + 4)


def _is_transport_stream(data: bytes) -> bool:
    return data[:1] == b"G" and data[_TS_PACKET : _TS_PACKET + 1] == b"G" and data[2 * _TS_PACKET :][:1] == b"G"
