from __future__ import annotations

import base64
import hashlib
import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unmask import Limits, open_image
from unmask.errors import CorruptImage, EmptyFile, ImageTooLarge, MissingFile, NotAFile, NotAnImage


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def corners() -> Image.Image:
    """Red top left on gray, 40 × 20: the red corner shows the orientation."""
    image = Image.new("RGB", (40, 20), "gray")
    image.paste((255, 0, 0), (0, 0, 10, 10))
    return image


def test_a_tiff_file_with_64_bit_offsets_is_read(corners: Image.Image) -> None:
    data = encoded(corners, "TIFF", big_tiff=True)
    assert data[:4] == b"II+\0"
    picture = open_image(data)
    assert (picture.format, picture.width, picture.height) == ("TIFF", 40, 20)
    assert picture.rgb().getpixel((4, 4)) == (255, 0, 0)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "AVIF"])
def test_every_format_is_read(corners: Image.Image, form: str) -> None:
    picture = open_image(encoded(corners, form))
    assert (picture.format, picture.width, picture.height) == (form, 40, 20)
    red, _green, blue = picture.rgb().getpixel((4, 4))
    assert red > 180
    assert blue < 90


def test_heic_is_read_through_the_extra(corners: Image.Image) -> None:
    heif = pytest.importorskip("pillow_heif", reason="the extra heif is not installed")
    buffer = io.BytesIO()
    heif.from_pillow(corners.resize((80, 40))).save(buffer)
    assert open_image(buffer.getvalue()).rgb().size == (80, 40)


def test_path_bytes_file_and_their_digest_agree(astronaut: Path) -> None:
    data = astronaut.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    with astronaut.open("rb") as stream:
        pictures = [open_image(astronaut), open_image(str(astronaut)), open_image(data), open_image(stream)]
    assert {picture.sha256 for picture in pictures} == {digest}
    assert pictures[0].name == str(astronaut)
    assert pictures[2].name is None


@pytest.mark.parametrize(
    ("orientation", "corner"),
    [(1, (0, 0)), (2, (1, 0)), (3, (1, 1)), (4, (0, 1)), (5, (0, 0)), (6, (1, 0)), (7, (1, 1)), (8, (0, 1))],
)
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_exif_orientation_is_applied(
    corners: Image.Image, orientation: int, corner: tuple[int, int], form: str
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    lossless = {"WEBP": {"lossless": True}, "JPEG": {"quality": 100, "subsampling": 0}}.get(form, {})
    picture = open_image(encoded(corners, form, exif=exif, **lossless))
    upright = picture.rgb()
    assert upright.size == (picture.width, picture.height) == ((20, 40) if orientation > 4 else (40, 20))
    at = tuple(4 if side == 0 else extent - 5 for side, extent in zip(corner, upright.size, strict=True))
    assert np.abs(np.subtract(upright.getpixel(at), (255, 0, 0))).max() <= 2


def test_alpha_is_flattened_on_white() -> None:
    clear = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    assert open_image(encoded(clear, "PNG")).rgb().getpixel((1, 1)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "F", "HSV", "YCbCr", "LAB", "I"])
def test_every_pillow_mode_becomes_rgb(mode: str) -> None:
    picture = open_image(Image.new(mode, (12, 9)))
    assert picture.rgb().mode == "RGB"
    assert picture.rgb().size == (12, 9)


def test_sixteen_bit_png_keeps_its_gray_values() -> None:
    ramp = np.linspace(0, 65535, 64, dtype=np.uint16).reshape(8, 8)
    decoded = np.asarray(open_image(encoded(Image.fromarray(ramp), "PNG")).rgb())[:, :, 0]
    assert np.abs(decoded - ramp / 257.0).max() <= 1


@pytest.mark.parametrize(
    "array",
    [
        np.full((6, 5, 3), 128, np.uint8),
        np.full((6, 5, 3), 128 * 257, np.uint16),
        np.full((6, 5, 3), 128 / 255, np.float32),
        np.full((6, 5, 1), 128, np.uint8),
        np.full((6, 5), 128 / 255, np.float64),
        np.dstack([np.full((6, 5, 3), 128, np.uint8), np.full((6, 5), 255, np.uint8)]),
    ],
)
def test_arrays_of_every_type_give_the_same_pixels(array: np.ndarray) -> None:
    picture = open_image(array)
    assert picture.format == "array"
    assert picture.rgb().size == (5, 6)
    assert picture.rgb().getpixel((2, 2)) == (128, 128, 128)


@pytest.mark.parametrize("shape", [(4,), (4, 4, 2), (1, 4, 4, 3), (0, 4, 3)])
def test_arrays_of_invalid_shape_are_rejected(shape: tuple[int, ...]) -> None:
    with pytest.raises((NotAnImage, CorruptImage)):
        open_image(np.zeros(shape, np.uint8))


def test_the_first_frame_of_an_animation_is_read(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (9, 9), color) for color in ("red", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert open_image(tmp_path / "a.gif").rgb().getpixel((3, 3)) == (255, 0, 0)


def test_large_jpeg_is_decoded_no_larger_than_asked(portrait: Image.Image) -> None:
    picture = open_image(encoded(portrait.resize((2048, 2048)), "JPEG"))
    assert picture.rgb(300 / 2048).size == (512, 512)
    assert picture.rgb(0.4).size == (1024, 1024)
    assert picture.rgb(0.1).size == (1024, 1024)
    assert picture.rgb().size == (2048, 2048)
    picture.discard_pixels()
    assert picture.rgb(0.1).size == (256, 256)


def test_each_kind_of_bad_file_has_its_own_error(tmp_path: Path, astronaut: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("not a picture")
    (tmp_path / "cut.jpg").write_bytes(astronaut.read_bytes()[:9000])
    (tmp_path / "svg.png").write_text("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    with pytest.raises(EmptyFile, match="0 bytes"):
        open_image(tmp_path / "empty.jpg")
    for name in ("text.jpg", "svg.png"):
        with pytest.raises(NotAnImage, match="not a picture"):
            open_image(tmp_path / name)
    with pytest.raises(CorruptImage, match="cut short"):
        open_image(tmp_path / "cut.jpg").rgb()
    with pytest.raises(NotAFile, match="folder"):
        open_image(tmp_path)
    with pytest.raises(MissingFile, match="no such file"):
        open_image(tmp_path / "none.jpg")
    with pytest.raises(MissingFile):
        open_image("a\0b.jpg")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_named_pipe_is_rejected_without_reading_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(NotAFile):
        open_image(tmp_path / "pipe.jpg")


def test_bytes_after_the_end_of_a_jpeg_are_allowed(astronaut: Path) -> None:
    assert open_image(astronaut.read_bytes() + b"trailer" * 100).rgb().size == (512, 512)


def test_limits_on_bytes_and_pixels(astronaut: Path) -> None:
    with pytest.raises(ImageTooLarge, match="bytes"):
        open_image(astronaut, limits=Limits(bytes=1000))
    with pytest.raises(ImageTooLarge, match="bytes"):
        open_image(io.BytesIO(astronaut.read_bytes()), limits=Limits(bytes=1000))
    with pytest.raises(ImageTooLarge, match="megapixels"):
        open_image(astronaut, limits=Limits(pixels=1000))
    with pytest.raises(ImageTooLarge):
        open_image(np.zeros((50, 50), np.uint8), limits=Limits(pixels=1000))


@pytest.mark.parametrize("side", [12_000, 60_000])
def test_decompression_bombs_are_rejected_before_decoding(side: int) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    with pytest.raises(ImageTooLarge):
        open_image(bomb)


def test_an_opened_picture_is_returned_as_it_is(astronaut: Path) -> None:
    picture = open_image(astronaut)
    assert open_image(picture) is picture


def test_orientation_is_applied_beside_exif_values_that_cannot_be_written(corners: Image.Image) -> None:
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x02" + struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0)
    exif += struct.pack(">HHI4s", 0x011A, 2, 4, b"abc\0") + bytes(4)
    assert open_image(encoded(corners, "JPEG", exif=exif)).rgb().size == (20, 40)


@pytest.mark.parametrize("source", [None, 5, 2.5, [[1, 2], [3, 4]], ["a.jpg"], {"image": 1}, object()])
def test_other_objects_are_no_picture(source: object) -> None:
    with pytest.raises(NotAnImage, match="pass a path, bytes, a binary file, a PIL image or a NumPy array"):
        open_image(source)


def test_streams_that_give_no_bytes_are_rejected(tmp_path: Path, astronaut: Path) -> None:
    with pytest.raises(NotAnImage, match="binary mode"):
        open_image(io.StringIO("text"))
    with astronaut.open("rb") as stream:
        stream.read()
        with pytest.raises(EmptyFile, match="seek"):
            open_image(stream)
    with pytest.raises(MissingFile, match="closed"):
        open_image(stream)
    with (tmp_path / "new").open("wb") as stream, pytest.raises(MissingFile, match="cannot be read"):
        open_image(stream)


@pytest.mark.parametrize("prefix", ["", "data:image/jpeg;base64,"])
@pytest.mark.parametrize("kind", [str, str.encode])
def test_base64_is_named_and_cut_in_the_error(astronaut: Path, prefix: str, kind: type) -> None:
    text = prefix + base64.b64encode(astronaut.read_bytes()).decode()
    with pytest.raises(NotAnImage, match="looks like base64: pass the decoded bytes") as caught:
        open_image(kind(text))
    assert len(caught.value.message) < 300


def test_long_names_are_cut_in_the_error() -> None:
    with pytest.raises(MissingFile) as caught:
        open_image("folder/" * 2000 + "end.jpg")
    assert len(caught.value.message) < 300
    assert "end.jpg" in caught.value.message


def test_a_url_is_not_downloaded() -> None:
    with pytest.raises(MissingFile, match="unmask downloads nothing"):
        open_image("https://example.org/a.jpg")
