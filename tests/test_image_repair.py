"""Sound files with an odd end or start, and files with missing pixels."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from unmask import Detector, examine, open_image
from unmask.errors import CorruptImage
from unmask.jpeg_markers import markers
from unmask.verdict import Verdict

JPEGS: dict[str, dict[str, object]] = {
    "baseline": {},
    "progressive": {"progressive": True},
    "restart markers": {"restart_marker_blocks": 3},
    "4:4:4": {"subsampling": 0},
    "optimized": {"optimize": True},
}
NO_END = "The end marker of the JPEG file is missing; all pixels are there."


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def scene() -> Image.Image:
    noise = np.random.default_rng(4).integers(0, 256, (45, 70, 3), dtype=np.uint8)
    return Image.fromarray(noise)


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(open_image(data).rgb())


@pytest.mark.parametrize("options", JPEGS.values(), ids=JPEGS)
@pytest.mark.parametrize("end", ["one byte less", "two bytes less", "two zeros", "many zeros", "one zero", "text"])
def test_a_jpeg_without_its_end_marker_is_judged(scene: Image.Image, options: dict[str, object], end: str) -> None:
    data = encoded(scene, "JPEG", **options)
    odd = {
        "one byte less": data[:-1],
        "two bytes less": data[:-2],
        "two zeros": data[:-2] + bytes(2),
        "many zeros": data[:-2] + bytes(5000),
        "one zero": data[:-1] + b"\0",
        "text": data[:-2] + b"<!-- ad -->",
    }[end]
    picture = open_image(odd)
    assert np.array_equal(np.asarray(picture.rgb()), pixels(data))
    assert picture.notes == (NO_END,)
    assert picture.original == odd
    picture.discard_pixels()
    assert np.array_equal(np.asarray(picture.rgb()), pixels(data))
    assert picture.notes == (NO_END,)


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_gray_and_cmyk_jpegs_without_their_end_marker_are_judged(scene: Image.Image, mode: str) -> None:
    data = encoded(scene.convert(mode), "JPEG")
    assert np.array_equal(pixels(data[:-2]), pixels(data))
    with pytest.raises(CorruptImage, match="cut short"):
        pixels(data[: len(data) // 2])


@pytest.mark.parametrize("options", JPEGS.values(), ids=JPEGS)
def test_every_cut_is_repaired_exactly_or_refused(scene: Image.Image, options: dict[str, object]) -> None:
    data = encoded(scene.crop((0, 0, 30, 20)), "JPEG", **options)
    whole = pixels(data)
    for length in range(len(data) - 600, len(data) - 1):
        for tail in (b"", bytes(600)):
            try:
                decoded = pixels(data[:length] + tail)
            except CorruptImage:
                continue
            assert np.array_equal(decoded, whole), length


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_cut_jpeg_is_refused_with_the_share_that_is_there(scene: Image.Image, share: float) -> None:
    data = encoded(scene.resize((128, 640)), "JPEG")
    start = data.index(b"\xff\xda")
    cut = data[: start + int(share * (len(data) - start))]
    for odd in (cut, cut + b"\xff\xd9"):
        with pytest.raises(CorruptImage, match=r"cut short: \d+ % of its pixels are there") as caught:
            open_image(odd).rgb()
        assert abs(int(caught.value.message.split(" %")[0].split()[-1]) - 100 * share) < 8


def test_a_progressive_jpeg_without_its_last_scans_is_refused(scene: Image.Image) -> None:
    data = encoded(scene, "JPEG", progressive=True)
    scans = [at for marker, _, at in markers(data) if marker == 0xDA]
    last = data.rindex(b"\xff\xda", 0, scans[-1])
    for odd in (data[:last], data[:last] + b"\xff\xd9"):
        assert len(odd) < len(data)
    with pytest.raises(CorruptImage, match="only a coarse version"):
        pixels(data[:last])


def test_gray_pictures_are_not_taken_for_cut_ones() -> None:
    gray = Image.new("RGB", (40, 40), (128, 128, 128))
    for options in JPEGS.values():
        picture = open_image(encoded(gray, "JPEG", **options))
        assert picture.rgb().getpixel((39, 39)) == (128, 128, 128)
        assert picture.notes == ()


@pytest.mark.parametrize("start", [b"\r\n", b"\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n", b"   "])
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF"])
def test_white_space_and_byte_order_marks_before_a_picture(scene: Image.Image, start: bytes, form: str) -> None:
    data = encoded(scene, form)
    picture = open_image(start + data)
    assert np.array_equal(np.asarray(picture.rgb()), pixels(data))
    assert picture.notes == (f"The file has {len(start)} bytes of white space or a byte order mark before its start.",)


def png_with(data: bytes, name: bytes, body: bytes, checksum: int | None = None) -> bytes:
    """A PNG file with one more chunk after its header."""
    total = zlib.crc32(name + body) if checksum is None else checksum
    return data[:33] + struct.pack(">I", len(body)) + name + body + struct.pack(">I", total) + data[33:]


@pytest.mark.parametrize(
    ("name", "body"),
    [
        (b"iCCP", b"icc\0\0" + zlib.compress(np.random.default_rng(0).bytes(1_500_000))),
        (b"iCCP", b"icc\0\0" + zlib.compress(bytes(1_500_000))),
        (b"zTXt", b"Comment\0\0" + zlib.compress(b"a" * 1_500_000)),
        (b"iTXt", b"Comment\0\1\0en\0\0" + zlib.compress(b"a" * 1_500_000)),
    ],
)
def test_oversized_auxiliary_chunks_of_a_png_are_ignored(scene: Image.Image, name: bytes, body: bytes) -> None:
    data = encoded(scene, "PNG")
    picture = open_image(png_with(data, name, body))
    assert np.array_equal(np.asarray(picture.rgb()), pixels(data))
    assert picture.notes in (
        (),
        (f"Chunks of the PNG file are damaged or oversized and were ignored: {name.decode()}.",),
    )


@pytest.mark.parametrize("name", ["sRGB", "gAMA", "pHYs", "cHRM", "acTL", "tRNS"])
def test_auxiliary_chunks_of_a_png_that_are_too_short_are_ignored(scene: Image.Image, name: str) -> None:
    data = encoded(scene, "PNG")
    picture = open_image(png_with(data, name.encode(), b""))
    assert np.array_equal(np.asarray(picture.rgb()), pixels(data))
    assert picture.notes == (f"Chunks of the PNG file are damaged or oversized and were ignored: {name}.",)


def test_oversized_text_after_the_pixels_of_a_png_is_ignored(scene: Image.Image) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Software", "Camera 1")
    data = encoded(scene, "PNG", pnginfo=info)
    body = b"Comment\0\0" + zlib.compress(b"a" * 1_500_000)
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    picture = open_image(data[:-12] + chunk + data[-12:])
    assert np.array_equal(np.asarray(picture.rgb()), pixels(data))
    assert len(picture.notes) == 1
    (metadata,) = examine(picture, only=["metadata"])
    assert metadata.details["fields"]["text.Software"] == "Camera 1"


def test_a_wrong_checksum_of_an_auxiliary_chunk_is_noted(scene: Image.Image) -> None:
    data = encoded(scene, "PNG")
    picture = open_image(png_with(data, b"tEXt", b"Comment\0hello", checksum=5))
    assert np.array_equal(np.asarray(picture.rgb()), pixels(data))
    assert "were ignored: tEXt" in picture.notes[0]


@pytest.mark.parametrize("share", [0.3, 0.8])
def test_a_cut_png_is_refused_with_the_share_that_is_there(scene: Image.Image, share: float) -> None:
    data = encoded(scene.resize((64, 500)), "PNG")
    with pytest.raises(CorruptImage, match=r"cut short: \d+ % of its pixels are there") as caught:
        pixels(data[: int(share * len(data))])
    assert abs(int(caught.value.message.split(" %")[0].split()[-1]) - 100 * share) < 8
    assert "MAX_TEXT_CHUNK" not in caught.value.message


def test_a_cut_webp_is_refused_with_the_share_that_is_there(scene: Image.Image) -> None:
    data = encoded(scene, "WEBP")
    with pytest.raises(CorruptImage, match=r"cut short: 4[89] % of its bytes are there|cut short: 50 %"):
        pixels(data[: len(data) // 2])


def test_a_webp_without_its_padding_byte_is_judged(scene: Image.Image) -> None:
    data = next(each for each in (encoded(scene, "WEBP", quality=quality) for quality in range(40, 99)) if not each[-1])
    try:
        picture = open_image(data[:-1])
    except CorruptImage:
        assert int.from_bytes(data[16:20], "little") % 2 == 0
        return
    assert np.array_equal(np.asarray(picture.rgb()), pixels(data))
    assert len(picture.notes) == 1


def test_notes_are_part_of_the_verdict(default_detector: Detector, astronaut: Path) -> None:
    data = astronaut.read_bytes()
    whole, odd = (default_detector.predict(each, stability=False) for each in (data, data[:-2]))
    assert "notes" not in whole.to_dict()
    assert odd.faces == whole.faces
    assert odd.to_dict()["notes"] == [NO_END]
    assert Verdict.from_dict(odd.to_dict()).notes == (NO_END,)


def test_signals_of_a_jpeg_without_its_end_marker(astronaut: Path) -> None:
    data = astronaut.read_bytes()
    whole, odd = ({each.name: each.details for each in examine(image)} for image in (data, data[:-2]))
    assert odd == whole
