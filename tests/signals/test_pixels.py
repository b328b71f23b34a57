"""The signals that look at pixels: spectrum, error levels, noise."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image, ImageFilter

from unmask import UsageError, open_image
from unmask.preprocessing import Box
from unmask.signals import SIGNALS, Notice, Signal, examine
from unmask.signals.face_area import area_around, smoothed
from unmask.signals.map_signal import CELLS, coarse
from unmask.signals.reference import reference
from unmask.signals.spectrum import RINGS, measure_spectrum, read_spectrum

FACE = (140.0, 30.0, 160.0, 200.0)


@pytest.fixture(scope="module")
def natural() -> Image.Image:
    """Noise whose power falls with frequency as in photographs, 512 px square."""
    generator = np.random.default_rng(1)
    spectrum = np.fft.rfft2(generator.standard_normal((512, 512)))
    radius = np.hypot(np.fft.fftfreq(512)[:, None], np.fft.rfftfreq(512)[None, :])
    grey = np.fft.irfft2(spectrum / np.maximum(radius, 1 / 512) ** 1.3)
    grey = 128 + 40 * grey / grey.std()
    return Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).convert("RGB")


def look(name: str, image: Image.Image, box: Box | None) -> Signal:
    """One signal of a picture."""
    (signal,) = examine(image, box, only=(name,))
    return signal


def test_the_reference_is_whole() -> None:
    usual = reference()
    assert len(usual.spectrum_low) == len(usual.spectrum_high) == RINGS
    assert all(low < high for low, high in zip(usual.spectrum_low, usual.spectrum_high, strict=True))
    assert usual.ela[0] < 0 < usual.ela[1]
    assert usual.made_with["split"] == "train"


def test_a_tone_is_found_where_it_was_planted(natural: Image.Image) -> None:
    square = natural.crop((0, 0, 224, 224))
    rows, columns = np.mgrid[0:224, 0:224]
    tone = 12 * np.cos(2 * np.pi * (columns * 0.25 + rows * 0.125))
    planted = Image.fromarray(np.clip(np.asarray(square) + tone[..., None], 0, 255).astype(np.uint8))
    before, after = measure_spectrum(square), measure_spectrum(planted)
    assert after.peak > before.peak + 10
    assert np.abs(after.peak_at) == pytest.approx((0.25, 0.125), abs=0.01)
    signal = read_spectrum(open_image(planted), None)
    assert (signal.state, signal.notice) == ("unusual", Notice.LOOK)
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
    signal = look("spectrum", Image.new("RGB", (300, 200), "teal"), None)
    assert (signal.state, signal.notice) == ("too_even", Notice.NONE)


def test_a_face_smoother_or_noisier_than_its_surroundings(natural: Image.Image) -> None:
    box = tuple(round(value) for value in (FACE[0], FACE[1], FACE[0] + FACE[2], FACE[1] + FACE[3]))
    smooth = natural.copy()
    smooth.paste(natural.filter(ImageFilter.GaussianBlur(6)).crop(box), box)
    for name in ("noise", "ela"):
        usual, changed = look(name, natural, FACE), look(name, smooth, FACE)
        assert usual.state == "usual"
        assert usual.details["face_over_surroundings"] == pytest.approx(1, abs=0.3)
        assert changed.details["face_over_surroundings"] < 0.6 * usual.details["face_over_surroundings"]
        assert changed.picture is not None
    noisy = natural.copy()
    noise = np.random.default_rng(0).normal(0, 40, (*natural.crop(box).size[::-1], 3))
    grainy = Image.fromarray(np.clip(np.asarray(natural.crop(box)) + noise, 0, 255).astype(np.uint8))
    noisy.paste(grainy, box)
    assert look("noise", noisy, FACE).state == "unusual"


def test_without_surroundings_there_is_only_a_map(natural: Image.Image) -> None:
    assert look("noise", natural, None).state == "map_only"
    assert look("ela", natural, (0.0, 0.0, 512.0, 512.0)).state == "map_only"


@pytest.mark.parametrize("name", ["ela", "noise"])
def test_maps_come_in_numbers_of_a_stated_unit(natural: Image.Image, name: str) -> None:
    patched = natural.copy()
    grain = np.random.default_rng(0).normal(0, 60, (64, 64, 3))
    square = np.clip(np.asarray(natural.crop((300, 100, 364, 164))) + grain, 0, 255).astype(np.uint8)
    patched.paste(Image.fromarray(square), (300, 100))
    found = look(name, patched, None)
    told = json.loads(json.dumps(found.to_dict()))["details"]
    levels = np.array(told["levels"])
    x, y, width, height = told["region"]
    assert levels.shape == (CELLS, CELLS)
    assert (x, y, width, height) == (0, 0, 512, 512)
    assert levels.mean() == pytest.approx(told["mean"], abs=1e-3)
    assert "0 to 255" in told["unit"]
    row, column = np.unravel_index(levels.argmax(), levels.shape)
    assert 100 <= (row + 0.5) * height / CELLS < 164
    assert 300 <= (column + 0.5) * width / CELLS < 364
    drawn = np.asarray(found.picture, float) * told["white_is"] / 255
    assert drawn[:16, :16].mean() == pytest.approx(levels[0, 0], abs=told["white_is"] / 255)


def test_cells_cover_areas_of_any_shape() -> None:
    values = np.random.default_rng(0).random((50, 131))
    assert coarse(values).shape == (12, CELLS)
    assert coarse(values)[0, 0] == pytest.approx(values[:4, :4].mean())
    assert coarse(np.ones((1, 9))).tolist() == [[1.0] * 9]


def test_areas_stay_inside_the_picture(natural: Image.Image) -> None:
    area = area_around(open_image(natural), (480.0, 480.0, 30.0, 30.0))
    x, y, w, h = area.region
    assert (w, h) == area.image.size
    assert x + w <= 512
    assert y + h <= 512
    assert area.face is not None


def test_smoothing_keeps_constants_and_spreads_points() -> None:
    assert np.allclose(smoothed(np.full((5, 9), 3.0), 2), 3)
    point = np.zeros((11, 11))
    point[5, 5] = 25
    assert np.allclose(smoothed(point, 2)[3:8, 3:8], 1)


def test_every_signal_reads_in_words_with_its_limits(natural: Image.Image) -> None:
    signals = examine(natural, FACE)
    assert tuple(signal.name for signal in signals) == SIGNALS
    for signal in signals:
        content = json.loads(json.dumps(signal.to_dict()))
        assert content["reading"].endswith(".")
        assert content["limits"].endswith(".")
        assert content["decisive_alone"] is False


def test_unknown_signals_are_refused(natural: Image.Image) -> None:
    with pytest.raises(UsageError, match="aura"):
        examine(natural, only=["aura"])
