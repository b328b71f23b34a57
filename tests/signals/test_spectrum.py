"""The spectrum signal."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from unmask import open_image
from unmask.signals import Severity
from unmask.signals.spectrum import measure_spectrum, read_spectrum


def test_a_tone_is_found_where_it_was_planted(natural: Image.Image) -> None:
    square = natural.crop((0, 0, 224, 224))
    rows, columns = np.mgrid[0:224, 0:224]
    tone = 12 * np.cos(2 * np.pi * (columns * 0.25 + rows * 0.125))
    planted = Image.fromarray(np.clip(np.asarray(square) + tone[..., None], 0, 255).astype(np.uint8))
    before, after = measure_spectrum(square), measure_spectrum(planted)
    assert after.peak > before.peak + 10
    assert np.abs(after.peak_at) == pytest.approx((0.25, 0.125), abs=0.01)
    signal = read_spectrum(open_image(planted), None)
    assert (signal.state, signal.severity) == ("unusual", Severity.LOOK)
    assert "stands out" in signal.reading


def test_upsampling_leaves_less_fine_detail_than_photographs_have(natural: Image.Image) -> None:
    small = natural.resize((64, 64), Image.Resampling.BOX)
    upsampled = small.resize((512, 512), Image.Resampling.BICUBIC)
    signal = read_spectrum(open_image(upsampled), None)
    assert signal.state == "unusual"
    assert "less power" in signal.reading


def test_small_faces_have_no_spectrum(natural: Image.Image) -> None:
    assert read_spectrum(open_image(natural), (10.0, 10.0, 40.0, 50.0)).state == "too_small"


def test_an_even_surface_has_no_spectrum() -> None:
    signal = read_spectrum(open_image(Image.new("RGB", (300, 200), "teal")), None)
    assert (signal.state, signal.severity) == ("too_even", Severity.NONE)
