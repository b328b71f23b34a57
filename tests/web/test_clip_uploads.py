"""Messages about uploaded video and sound files."""

from __future__ import annotations

import pytest

from tests.web.pictures import jpeg, png
from tests.web.server_process import Server
from unmask.errors import CorruptImage
from unmask.web.clip_uploads import clip_problem


def box(kind: bytes, *content: bytes) -> bytes:
    data = b"".join(content)
    return (8 + len(data)).to_bytes(4, "big") + kind + data


def handler(kind: bytes) -> bytes:
    return box(b"hdlr", bytes(8), kind, bytes(12))


def mp4(*kinds: bytes, brand: bytes = b"isom") -> bytes:
    """An MP4 file with a track of each kind."""
    tracks = [box(b"trak", box(b"mdia", handler(kind))) for kind in kinds]
    return box(b"ftyp", brand, bytes(4), b"mp42") + box(b"mdat", bytes(500)) + box(b"moov", *tracks)


VIDEO = (
    "a.mp4: is a video, and this server judges pictures; send single frames, or run `unmask detect a.mp4` "
    "(needs the extra `video`)"
)
CUT = "a.mp4: is a video, and its end is missing; this server judges pictures, so send single frames"
SOUND = "a.mp4: has sound only, no pictures; this server judges pictures"
FILES = {
    "video": (mp4(b"vide", b"soun"), VIDEO),
    "sound": (mp4(b"soun", brand=b"M4A "), SOUND),
    "no end": (mp4(b"vide")[:-4], CUT),
    "no index": (mp4(b"vide")[:300], CUT),
    "quicktime": (mp4(b"vide")[20:], VIDEO),
    "wide size": (box(b"ftyp", b"isom") + (1).to_bytes(4, "big") + b"mdat" + (24).to_bytes(8, "big") + bytes(8), CUT),
    "matroska": (b"\x1a\x45\xdf\xa3" + bytes(50), VIDEO),
    "avi without its end": (b"RIFF" + (99).to_bytes(4, "little") + b"AVI LIST", CUT),
    "avi": (b"RIFF" + bytes(4) + b"AVI LIST", VIDEO),
    "transport stream": ((b"G" + bytes(187)) * 4, VIDEO),
}


@pytest.mark.parametrize("name", FILES)
def test_a_video_is_named_with_the_remedy(name: str) -> None:
    data, message = FILES[name]
    assert clip_problem("a.mp4", data) == message


@pytest.mark.parametrize(
    "data",
    [
        b"",
        png(),
        jpeg(),
        b"RIFF" + bytes(4) + b"WEBP",
        b"GIF89a",
        mp4(brand=b"avif"),
        mp4(brand=b"heic"),
        mp4(b"vide", brand=b"crx "),
        b"text",
    ],
)
def test_other_files_are_not_videos(data: bytes) -> None:
    assert clip_problem("a", data) is None


def test_every_prefix_of_a_video_gets_a_message() -> None:
    data = mp4(b"vide", b"soun")
    assert all(clip_problem("a.mp4", data[:size]) for size in range(12, len(data)))


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("video", "corrupt_image", "a.mp4: the video track names no codec; copy or download the file again"),
        ("sound", "not_an_image", SOUND),
        ("no end", "corrupt_image", "a.mp4: the end is missing; copy or download the file again"),
    ],
)
def test_the_server_sends_the_message(quick_server: Server, photo: bytes, name: str, code: str, message: str) -> None:
    """The extra `video` is installed, so that videos are opened."""
    pytest.importorskip("av")
    data, _ = FILES[name]
    answer = quick_server.detect(("a.mp4", data))
    problem = answer.json()
    status = {"corrupt_image": CorruptImage.http_status, "not_an_image": 415}[code]
    assert (answer.status_code, problem["code"], problem["detail"]) == (status, code, message)
    results = quick_server.detect(("a.mp4", data), ("b.jpg", photo)).json()["results"]
    assert ["problem" in entry for entry in results] == [True, False]
