"""The JPEG signal: quality, software, earlier saves."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.signals.jpeg_files import saved
from unmask import open_image
from unmask.errors import CorruptImage
from unmask.signals.jpeg import FAMILIES, read_structure, table_at
from unmask.signals.jpeg_signal import read_jpeg


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def test_mozjpeg_tables_are_recognized(clean: Image.Image) -> None:
    table = [int(value) for value in table_at("mozjpeg", 80)]
    signal = read_jpeg(open_image(saved(clean, qtables=[table, table])))
    assert "mozjpeg" in FAMILIES
    assert "mozjpeg" in signal.reading
    assert signal.details["quality"] == 80


def test_custom_tables_are_named_as_such(clean: Image.Image) -> None:
    table = [3 + (7 * place) % 20 for place in range(64)]
    signal = read_jpeg(open_image(saved(clean, qtables=[table, table])))
    assert signal.details["tables"] == "custom"
    assert "software with custom quantization tables" in signal.reading


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


def test_a_truncated_file_raises_corrupt_image(clean: Image.Image) -> None:
    data = saved(clean)
    with pytest.raises(CorruptImage, match="cut short"):
        read_jpeg(open_image(data[: len(data) // 2]))


def test_other_formats_and_grayscale_pictures(clean: Image.Image) -> None:
    buffer = io.BytesIO()
    clean.save(buffer, "PNG")
    assert read_jpeg(open_image(buffer.getvalue())).state == "not_jpeg"
    assert read_jpeg(open_image(saved(clean.convert("L")))).details["subsampling"] is None
    assert read_jpeg(open_image(saved(clean.crop((0, 0, 30, 20))))).details["earlier_evidence"] is None
    assert read_structure(b"\xff\xd8\xff\xdb\x00\x05\x00") is not None
    assert read_structure(b"GIF89a") is None
