from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from unmask.preparing import Box
from unmask.training.fakes import make_fake, rebuild, self_blend, swap
from unmask.training.recipe import SelfMade
from unmask.training.resynthesis import UPSAMPLERS, convolve, resynthesise

BOX: Box = (140.0, 40.0, 150.0, 180.0)


@pytest.fixture
def face(portrait: Image.Image) -> tuple[Image.Image, Box]:
    return portrait, BOX


@pytest.fixture
def donor(portrait: Image.Image) -> tuple[Image.Image, Box]:
    """The same face, mirrored, darker and half as large: as unlike as one portrait allows."""
    small = portrait.transpose(Image.Transpose.FLIP_LEFT_RIGHT).resize((256, 256)).point(lambda value: value * 0.7)
    x, y, w, h = BOX
    return small, ((512 - x - w) / 2, y / 2, w / 2, h / 2)


def changed(before: Image.Image, after: Image.Image) -> np.ndarray:
    return np.abs(np.asarray(before, float) - np.asarray(after, float)).max(axis=2) > 0


def outside(where: np.ndarray) -> np.ndarray:
    """Everything but the face and a quarter of it on each side."""
    x, y, w, h = BOX
    mask = np.ones_like(where)
    mask[max(0, int(y - h / 4)) : int(y + 5 * h / 4) + 1, max(0, int(x - w / 4)) : int(x + 5 * w / 4) + 1] = False
    return mask


@pytest.mark.parametrize("seed", range(4))
def test_a_swap_changes_the_face_and_leaves_the_rest(
    face: tuple[Image.Image, Box], donor: tuple[Image.Image, Box], seed: int
) -> None:
    fake = swap(face, donor, np.random.default_rng(seed))
    where = changed(face[0], fake)
    assert fake.size == face[0].size
    assert where[~outside(where)].mean() > 0.01
    assert not where[outside(where)].any()


def test_a_blend_changes_the_face_or_all_around_it(face: tuple[Image.Image, Box]) -> None:
    around = []
    for seed in range(10):
        where = changed(face[0], self_blend(face, np.random.default_rng(seed)))
        assert where[~outside(where)].mean() > 0.01
        around.append(where[outside(where)].mean())
    assert 0 < sum(share == 0 for share in around) < 10


def test_a_swap_shows_the_donor_in_this_pictures_colours(
    face: tuple[Image.Image, Box], donor: tuple[Image.Image, Box]
) -> None:
    x, y, w, h = (round(value) for value in BOX)
    crop = (x + w // 4, y + h // 4, x + 3 * w // 4, y + 3 * h // 4)
    original = np.asarray(face[0].crop(crop), float)
    gaps = [
        abs(np.asarray(swap(face, donor, np.random.default_rng(seed)).crop(crop), float).mean() - original.mean())
        for seed in range(8)
    ]
    raw = abs(original.mean() * 0.7 - original.mean())
    assert np.median(gaps) < raw / 2


@pytest.mark.parametrize("upsampler", UPSAMPLERS)
def test_an_upsampler_rebuilds_a_picture_recognisably(face: tuple[Image.Image, Box], upsampler: object) -> None:
    pixels = np.asarray(face[0], np.float32)
    small = np.asarray(face[0].reduce(2), np.float32)
    rebuilt = upsampler(small, np.random.default_rng(0))  # type: ignore[operator]
    assert rebuilt.shape == pixels.shape
    assert np.abs(rebuilt - pixels).mean() < 12


def test_transposed_convolution_leaves_its_checkerboard_in_the_spectrum(face: tuple[Image.Image, Box]) -> None:
    def nyquist(pixels: np.ndarray) -> float:
        spectrum = np.abs(np.fft.fft2(pixels[..., 1]))
        return float(spectrum[spectrum.shape[0] // 2, 0] + spectrum[0, spectrum.shape[1] // 2])

    pixels = np.asarray(face[0], np.float32)
    small = np.asarray(face[0].reduce(2), np.float32)
    traces = [nyquist(UPSAMPLERS[2](small, np.random.default_rng(seed))) for seed in range(8)]
    assert np.median(traces) > 3 * nyquist(pixels)


def test_resynthesis_keeps_odd_sizes() -> None:
    pixels = np.random.default_rng(0).uniform(0, 255, (31, 45, 3)).astype(np.float32)
    for seed in range(8):
        assert resynthesise(pixels, np.random.default_rng(seed)).shape == pixels.shape


def test_convolution_is_that_of_the_definition() -> None:
    pixels = np.zeros((5, 5, 1), np.float32)
    pixels[2, 2] = 1
    kernel = np.arange(9, dtype=np.float32).reshape(3, 3)
    assert np.array_equal(convolve(pixels, kernel)[1:4, 1:4, 0], kernel[::-1, ::-1])


def test_a_fake_depends_on_the_seed_alone(face: tuple[Image.Image, Box], donor: tuple[Image.Image, Box]) -> None:
    for seed in range(4):
        one, two = (make_fake(face, lambda: donor, SelfMade(share=1), np.random.default_rng(seed)) for _ in range(2))
        assert one.tobytes() == two.tobytes()
        assert changed(face[0], one).any()


def test_kinds_that_are_not_wanted_are_not_made(face: tuple[Image.Image, Box]) -> None:
    def refuse() -> tuple[Image.Image, Box]:
        raise AssertionError("no donor is needed")

    for seed in range(10):
        make_fake(face, refuse, SelfMade(share=1, swap=0), np.random.default_rng(seed))


def test_a_face_at_the_border_and_a_tiny_one_are_handled(portrait: Image.Image) -> None:
    for box in ((0.0, 0.0, 512.0, 512.0), (500.0, 500.0, 12.0, 12.0), (-5.0, -5.0, 30.0, 30.0)):
        for seed in range(4):
            rng = np.random.default_rng(seed)
            for fake in (self_blend((portrait, box), rng), swap((portrait, box), (portrait, BOX), rng)):
                assert fake.size == portrait.size
        assert rebuild((portrait, box), np.random.default_rng(1)).size == portrait.size
