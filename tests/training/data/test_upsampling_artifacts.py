from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from unmask.training.data.upsampling_artifacts import UPSAMPLERS, add_upsampling_artifacts, convolve


@pytest.mark.parametrize("upsampler", UPSAMPLERS)
def test_an_upsampled_image_is_near_the_original(portrait: Image.Image, upsampler: object) -> None:
    pixels = np.asarray(portrait, np.float32)
    small = np.asarray(portrait.reduce(2), np.float32)
    rebuilt = upsampler(small, np.random.default_rng(0))  # type: ignore[operator]
    assert rebuilt.shape == pixels.shape
    assert np.abs(rebuilt - pixels).mean() < 12


def test_transposed_convolution_leaves_a_checkerboard_in_the_spectrum(portrait: Image.Image) -> None:
    def nyquist(pixels: np.ndarray) -> float:
        spectrum = np.abs(np.fft.fft2(pixels[..., 1]))
        return float(spectrum[spectrum.shape[0] // 2, 0] + spectrum[0, spectrum.shape[1] // 2])

    pixels = np.asarray(portrait, np.float32)
    small = np.asarray(portrait.reduce(2), np.float32)
    traces = [nyquist(UPSAMPLERS[2](small, np.random.default_rng(seed))) for seed in range(8)]
    assert np.median(traces) > 3 * nyquist(pixels)


def test_odd_sizes_are_kept() -> None:
    pixels = np.random.default_rng(0).uniform(0, 255, (31, 45, 3)).astype(np.float32)
    for seed in range(8):
        assert add_upsampling_artifacts(pixels, np.random.default_rng(seed)).shape == pixels.shape


def test_convolution_matches_its_definition() -> None:
    pixels = np.zeros((5, 5, 1), np.float32)
    pixels[2, 2] = 1
    kernel = np.arange(9, dtype=np.float32).reshape(3, 3)
    assert np.array_equal(convolve(pixels, kernel)[1:4, 1:4, 0], kernel[::-1, ::-1])
