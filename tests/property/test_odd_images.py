"""Images of any size and mode are judged, explained and reported; damaged files raise an error of unmask or nothing."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from benchmarks.fuzz import fuzz, mutate, seeds
from unmask import Detector, UnmaskError, open_image
from unmask.reporting.report import make_report
from unmask.reporting.report_page import report_page

SIDES = st.integers(1, 64)
MODES = st.sampled_from(
    ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "RGBa", "CMYK", "YCbCr", "HSV", "LAB", "I", "I;16"]
)
THIN = [(1, 1000), (16, 1), (3, 4000)]


def drawn(width: int, height: int, mode: str, seed: int = 0) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    if mode in ("I", "I;16"):
        return Image.fromarray(pixels[:, :, 0].astype(np.uint16)).convert(mode)
    if mode in ("RGBa", "PA", "LAB"):
        return Image.new(mode, (width, height))
    return Image.fromarray(pixels).convert(mode)


@settings(max_examples=25, deadline=None)
@given(SIDES, SIDES, MODES)
def test_images_of_any_size_and_mode_are_judged(default_detector: Detector, width: int, height: int, mode: str) -> None:
    verdict = default_detector.predict(drawn(width, height, mode), whole_picture=True)
    assert (verdict.width, verdict.height) == (width, height)
    assert verdict.faces
    assert all(0.0 < face.probability_fake < 1.0 for face in verdict.faces)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("size", THIN)
def test_thin_images_are_explained_and_reported(detector: Detector, size: tuple[int, int]) -> None:
    report = make_report(detector, drawn(*size, "RGB"), name="thin.png")
    assert all(np.isfinite(face.heatmap).all() for face in report.explanation.faces)
    assert "thin.png" in report_page(report)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_damaged_files_are_judged_or_raise_an_error_of_unmask(default_detector: Detector, seed: int) -> None:
    rng = random.Random(seed)
    data = mutate(rng.choice(FILES), rng.choice(FILES), rng)
    try:
        default_detector.predict(data, whole_picture=True, stability=False)
    except UnmaskError as error:
        assert error.message


FILES = seeds(random.Random(0), None)


@pytest.mark.filterwarnings("ignore")
def test_the_fuzz_target_finds_no_fault(tmp_path: Path) -> None:
    outcomes, faults = fuzz(20.0, 300, 7, None, tmp_path, 5.0)
    assert not faults
    assert outcomes["decoded"]
    assert outcomes["CorruptImage"]


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32))
def test_decoding_twice_gives_the_same_pixels(seed: int) -> None:
    rng = random.Random(seed)
    try:
        picture = open_image(mutate(rng.choice(FILES), rng.choice(FILES), rng))
        first = np.asarray(picture.rgb())
        picture.discard_pixels()
        notes = picture.notes
        assert np.array_equal(np.asarray(picture.rgb()), first)
        assert picture.notes == notes
        assert (picture.width, picture.height) == picture.rgb().size
    except UnmaskError as error:
        assert error.message
