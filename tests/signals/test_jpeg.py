"""JPEG structure and the quality estimate."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from tests.signals.jpeg_files import saved, with_thumbnail
from unmask.signals.jpeg import ZIGZAG, estimate_quality, read_structure


def test_the_zigzag_is_that_of_the_standard() -> None:
    assert ZIGZAG[:10] == (0, 1, 8, 16, 9, 2, 3, 10, 17, 24)
    assert sorted(ZIGZAG) == list(range(64))


@pytest.mark.parametrize("quality", [5, 30, 50, 75, 92, 100])
def test_quality_is_estimated_from_the_tables(clean: Image.Image, quality: int) -> None:
    structure = read_structure(saved(clean, quality=quality))
    assert structure is not None
    found = estimate_quality(structure.tables[structure.luma_table])
    assert found.exact
    assert (found.family, found.quality) == ("standard", quality)


def test_tables_agree_with_the_decoder(clean: Image.Image) -> None:
    data = saved(clean, quality=83)
    structure = read_structure(data)
    assert structure is not None
    decoder = Image.open(io.BytesIO(data)).quantization
    assert {number: list(table) for number, table in structure.tables.items()} == decoder


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 4}])
def test_bytes_after_the_end_marker_are_counted(clean: Image.Image, options: dict[str, Any]) -> None:
    data, other = saved(clean, **options), saved(clean.resize((64, 64)))
    for appended in (b"", b"more", other, b"\0" + other + b"\xff\xd9"):
        structure = read_structure(data + appended)
        assert structure is not None
        assert structure.trailing_bytes == len(appended)
    inside = read_structure(with_thumbnail(clean, clean.resize((64, 64))))
    assert inside is not None
    assert inside.trailing_bytes == 0
