from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from unmask._encoding import encode_image, reencode


@pytest.mark.parametrize("form", ["JPEG", "WEBP"])
def test_reencode_gives_the_pixels_of_the_encoded_file(portrait: Image.Image, form: str) -> None:
    data = encode_image(portrait, form, quality=60)
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == form
        expected = np.asarray(image.convert("RGB"))
    assert np.array_equal(np.asarray(reencode(portrait, form, quality=60)), expected)


def test_options_are_those_of_the_encoder(portrait: Image.Image) -> None:
    assert len(encode_image(portrait, "JPEG", quality=30)) < len(encode_image(portrait, "JPEG", quality=90))
