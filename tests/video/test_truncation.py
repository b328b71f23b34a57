"""Clips without their end, files of sound only, and files that are no clips."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.video.clips import pan, write_clip
from unmask import Detector
from unmask.errors import CorruptImage, MissingExtra, NotAnImage
from unmask.images import Limits
from unmask.video.frames import ClipReader
from unmask.video.inference import judge_clip
from unmask.video.truncation import lacks_end

pytest.importorskip("av")


def write_sound(path: Path, cover: bytes | None = None) -> Path:
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100, layout="mono")
        if cover:
            picture: Any = container.add_stream("mjpeg")
            picture.width = picture.height = 64
            picture.pix_fmt = "yuvj420p"
            picture.disposition = av.stream.Disposition.attached_pic
            packet = av.Packet(cover)
            packet.stream = picture
            container.mux(packet)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 44100
        for _ in range(30):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def clip(tmp_path: Path, portrait: Image.Image) -> Path:
    return write_clip(tmp_path / "clip.mp4", pan([portrait], 20), 20)


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "avi"])
def test_a_clip_without_its_end_is_found_by_the_sizes_in_its_container(
    tmp_path: Path, portrait: Image.Image, suffix: str
) -> None:
    whole = write_clip(tmp_path / f"clip.{suffix}", pan([portrait], 20), 20).read_bytes()
    assert not lacks_end(io.BytesIO(whole))
    for share in (0.3, 0.6, 0.9):
        assert lacks_end(io.BytesIO(whole[: int(share * len(whole))])), share
    assert lacks_end(io.BytesIO(whole[:-1]))


@pytest.mark.parametrize("content", [b"", b"text", b"\xff\xd8\xff\xe0" + bytes(20), b"\x1a\x45\xdf\xa3", b"RIFF"])
def test_files_that_state_no_size_do_not_count_as_cut(content: bytes) -> None:
    assert not lacks_end(io.BytesIO(content))


def test_any_bytes_can_be_checked() -> None:
    generator = np.random.default_rng(5)
    begins = (b"\0\0\0\x14ftypisom", b"\0\0\0\1mdat", b"\x1a\x45\xdf\xa3", b"RIFF\0\0\0\0AVI ")
    for number in range(2000):
        noise = generator.integers(0, 256, generator.integers(0, 60), np.uint8).tobytes()
        assert lacks_end(io.BytesIO(begins[number % len(begins)] + noise)) in (True, False)


def test_the_end_of_a_cut_mp4_is_missing(clip: Path, detector: Detector) -> None:
    whole = clip.read_bytes()
    clip.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CorruptImage, match=r"clip\.mp4: the end is missing; copy or download the file again"):
        judge_clip(detector, str(clip))
    with pytest.raises(CorruptImage, match="the end is missing"):
        judge_clip(detector, whole[: len(whole) // 2], name="upload")


def test_a_cut_clip_whose_begin_can_be_decoded_is_judged_and_named(
    tmp_path: Path, portrait: Image.Image, detector: Detector
) -> None:
    whole = write_clip(tmp_path / "clip.mkv", pan([portrait, portrait.rotate(9)], 40), 40).read_bytes()
    judged = judge_clip(detector, whole[: len(whole) * 9 // 10], name="clip.mkv")
    assert judged.frames
    assert judged.damage is not None
    assert judged.damage.startswith("the end is missing")
    assert judge_clip(detector, whole, name="clip.mkv").damage is None


def test_a_file_of_sound_is_named_as_such(tmp_path: Path) -> None:
    with pytest.raises(NotAnImage, match=r"sound\.mp4: sound only, no pictures"):
        ClipReader(str(write_sound(tmp_path / "sound.mp4")), "sound.mp4", Limits())


def test_a_cover_picture_is_not_a_clip(tmp_path: Path, portrait: Image.Image) -> None:
    cover = io.BytesIO()
    portrait.resize((64, 64)).save(cover, "JPEG")
    path = write_sound(tmp_path / "song.mp4", cover.getvalue())
    with pytest.raises(NotAnImage, match="sound only, no pictures"):
        ClipReader(str(path), "song.mp4", Limits())


def test_a_text_is_no_clip(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_text("hello " * 100)
    with pytest.raises(NotAnImage, match=r"a\.mp4: not a clip that unmask can read"):
        ClipReader(str(tmp_path / "a.mp4"), "a.mp4", Limits())


def test_without_the_extra_the_file_and_the_command_are_named(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtra, match=r"clip\.mp4: a clip needs an optional part: pip install '.*\[video\]'"):
        ClipReader(str(clip), "clip.mp4", Limits())
