"""JPEG structure: tables to quality, earlier saves, thumbnails."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from unmask import CorruptImage, open_image
from unmask.signals import Notice
from unmask.signals.jpeg import FAMILIES, ZIGZAG, estimate_quality, read_structure, table_at
from unmask.signals.jpeg_signal import read_jpeg


def saved(image: Image.Image, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **options)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


@pytest.fixture(scope="module")
def clean(portrait: Image.Image) -> Image.Image:
    """A photograph whose earlier saves were wiped out by scaling."""
    return portrait.resize((400, 400), Image.Resampling.LANCZOS)


def test_the_zigzag_is_that_of_the_standard() -> None:
    assert ZIGZAG[:10] == (0, 1, 8, 16, 9, 2, 3, 10, 17, 24)
    assert sorted(ZIGZAG) == list(range(64))


@pytest.mark.parametrize("quality", [5, 30, 50, 75, 92, 100])
def test_quality_is_read_off_the_tables(clean: Image.Image, quality: int) -> None:
    structure = read_structure(saved(clean, quality=quality))
    assert structure is not None
    found = estimate_quality(structure.tables[structure.luma])
    assert found.exact
    assert (found.family, found.quality) == ("standard", quality)


def test_tables_agree_with_the_decoder(clean: Image.Image) -> None:
    data = saved(clean, quality=83)
    structure = read_structure(data)
    assert structure is not None
    decoder = Image.open(io.BytesIO(data)).quantization
    assert {number: list(table) for number, table in structure.tables.items()} == decoder


def test_mozjpeg_tables_are_recognised(clean: Image.Image) -> None:
    table = [int(value) for value in table_at("mozjpeg", 80)]
    signal = read_jpeg(open_image(saved(clean, qtables=[table, table])))
    assert "mozjpeg" in FAMILIES
    assert "mozjpeg" in signal.reading
    assert signal.details["quality"] == 80


def test_custom_tables_are_called_so(clean: Image.Image) -> None:
    table = [3 + (7 * place) % 20 for place in range(64)]
    signal = read_jpeg(open_image(saved(clean, qtables=[table, table])))
    assert signal.details["tables"] == "custom"
    assert "tables of its own" in signal.reading


def test_structure_is_read(clean: Image.Image) -> None:
    signal = read_jpeg(open_image(saved(clean, progressive=True, subsampling="4:4:4") + b"more"))
    assert signal.details["progressive"] is True
    assert signal.details["subsampling"] == "4:4:4"
    assert signal.details["bytes_after_end"] == 4


@pytest.mark.parametrize(("first", "second"), [(60, 90), (70, 95), (50, 80)])
def test_an_earlier_save_is_found_with_its_quality(clean: Image.Image, first: int, second: int) -> None:
    once = read_jpeg(open_image(saved(clean, quality=second)))
    assert once.details["saved_before"] is False
    twice = read_jpeg(open_image(saved(opened(saved(clean, quality=first)), quality=second)))
    assert twice.state == "saved_before"
    assert abs(twice.details["earlier_quality"] - first) <= 3


def directory(*entries: tuple[int, int, int], after: int = 0) -> bytes:
    """A TIFF directory of tags with their kinds and single values, and where the next directory begins."""
    written = [
        tag.to_bytes(2, "little") + kind.to_bytes(2, "little") + (1).to_bytes(4, "little") + value.to_bytes(4, "little")
        for tag, kind, value in entries
    ]
    return len(entries).to_bytes(2, "little") + b"".join(written) + after.to_bytes(4, "little")


def with_thumbnail(image: Image.Image, thumbnail: Image.Image, orientation: int = 1) -> bytes:
    """A JPEG whose EXIF block holds an orientation and a thumbnail, written byte by byte."""
    small = saved(thumbnail, quality=85)
    first = b"II*\0" + (8).to_bytes(4, "little") + directory((0x0112, 3, orientation), after=26)
    second = directory((0x0103, 3, 6), (0x0201, 4, 26 + 2 + 3 * 12 + 4), (0x0202, 4, len(small)))
    return saved(image, exif=b"Exif\0\0" + first + second + small)


def test_a_thumbnail_of_another_picture_is_found(portrait: Image.Image) -> None:
    small = portrait.resize((160, 160))
    same = read_jpeg(open_image(with_thumbnail(portrait, small)))
    assert same.details["thumbnail_likeness"] > 0.95
    barred = Image.new("RGB", (160, 120))
    barred.paste(portrait.resize((120, 120)), (20, 0))
    assert read_jpeg(open_image(with_thumbnail(portrait, barred))).details["thumbnail_likeness"] > 0.9
    other = Image.fromarray(np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8))
    differs = read_jpeg(open_image(with_thumbnail(portrait, other)))
    assert (differs.state, differs.notice) == ("thumbnail_differs", Notice.STRONG)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_thumbnail_lies_in_the_file_as_the_picture_does(portrait: Image.Image, orientation: int) -> None:
    found = read_jpeg(open_image(with_thumbnail(portrait, portrait.resize((160, 160)), orientation)))
    assert found.details["thumbnail_likeness"] > 0.95


def test_a_picture_of_one_colour_is_like_its_thumbnail() -> None:
    black = Image.new("RGB", (320, 320))
    assert read_jpeg(open_image(with_thumbnail(black, black.resize((160, 160))))).details["thumbnail_likeness"] == 1
    white = Image.new("RGB", (160, 160), "white")
    white.putpixel((80, 80), (0, 0, 0))
    assert read_jpeg(open_image(with_thumbnail(black, white))).state == "thumbnail_differs"


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 4}])
def test_what_follows_the_picture_is_counted_whatever_it_is(clean: Image.Image, options: dict[str, Any]) -> None:
    data, other = saved(clean, **options), saved(clean.resize((64, 64)))
    for appended in (b"", b"more", other, b"\0" + other + b"\xff\xd9"):
        structure = read_structure(data + appended)
        assert structure is not None
        assert structure.trailing == len(appended)
    inside = read_structure(with_thumbnail(clean, clean.resize((64, 64))))
    assert inside is not None
    assert inside.trailing == 0


def test_a_file_cut_short_is_an_error_of_its_own(clean: Image.Image) -> None:
    data = saved(clean)
    with pytest.raises(CorruptImage, match="cut short"):
        read_jpeg(open_image(data[: len(data) // 2]))


def test_other_formats_and_grey_pictures(clean: Image.Image) -> None:
    buffer = io.BytesIO()
    clean.save(buffer, "PNG")
    assert read_jpeg(open_image(buffer.getvalue())).state == "not_jpeg"
    assert read_jpeg(open_image(saved(clean.convert("L")))).details["subsampling"] is None
    assert read_jpeg(open_image(saved(clean.crop((0, 0, 30, 20))))).details["earlier_evidence"] is None
    assert read_structure(b"\xff\xd8\xff\xdb\x00\x05\x00") is not None
    assert read_structure(b"GIF89a") is None
