"""Upsampling artifacts of image generators, without a trained network.

An image is downscaled, then upsampled by nearest neighbor, bilinear interpolation, transposed convolution or pixel
shuffle, each of which leaves its own pattern in the spectrum.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.float32]


def add_upsampling_artifacts(pixels: Pixels, rng: Generator) -> Pixels:
    """Pixels `[H, W, 3]` in 0..255, downscaled to half the resolution and upsampled by a random method.

    Fine detail of the original is added back, so that the artifacts and not the blur mark the result.
    """
    height, width = pixels.shape[:2]
    small = _resize(pixels, (max(1, -(-width // 2)), max(1, -(-height // 2))), Image.Resampling.BOX)
    rebuilt = UPSAMPLERS[int(rng.integers(len(UPSAMPLERS)))](small, rng)[:height, :width]
    detail = pixels - _resize(small, (width, height), Image.Resampling.BICUBIC)
    return rebuilt + np.float32(rng.uniform(0.0, 0.8)) * detail


def _nearest(small: Pixels, rng: Generator) -> Pixels:
    """Each value four times, smoothed by a random 3×3 filter, as nearest up-sampling with a convolution does."""
    return convolve(small.repeat(2, axis=0).repeat(2, axis=1), _kernel(3, rng, 0.15))


def _bilinear(small: Pixels, rng: Generator) -> Pixels:
    """Straight lines between values, sharpened a little by a random filter."""
    large = _resize(small, (2 * small.shape[1], 2 * small.shape[0]), Image.Resampling.BILINEAR)
    return convolve(large, _sharpener(rng))


def _transposed(small: Pixels, rng: Generator) -> Pixels:
    """Insert zeros between values and filter unevenly, which gives the checkerboard of transposed convolutions."""
    height, width, channels = small.shape
    spread = np.zeros((2 * height, 2 * width, channels), np.float32)
    spread[::2, ::2] = small
    return convolve(spread, 4.0 * _kernel(4 if rng.random() < 0.5 else 3, rng, 0.12))


def _shuffled(small: Pixels, rng: Generator) -> Pixels:
    """Interleave four filtered copies of slightly different gain, as pixel shuffle does."""
    height, width, channels = small.shape
    large = np.empty((2 * height, 2 * width, channels), np.float32)
    for row in range(2):
        for column in range(2):
            gain = np.float32(1.0 + rng.normal(0.0, 0.015))
            shift = np.roll(small, (-row, -column), (0, 1))
            near = np.float32(rng.uniform(0.6, 0.9))
            large[row::2, column::2] = gain * (near * small + (1 - near) * shift)
    return large


UPSAMPLERS = (_nearest, _bilinear, _transposed, _shuffled)


def _kernel(side: int, rng: Generator, spread: float) -> Pixels:
    """Smoothing kernel of sum 1 with random deviations."""
    line = np.array([1, 2, 1] if side == 3 else [1, 3, 3, 1], np.float32)
    kernel = np.outer(line, line) * (1.0 + spread * rng.standard_normal((side, side)))
    even: Pixels = (kernel / kernel.sum()).astype(np.float32)
    return even


def _sharpener(rng: Generator) -> Pixels:
    """Sharpening kernel of sum 1: a positive center and negative neighbors."""
    strength = rng.uniform(0.05, 0.3)
    kernel = np.full((3, 3), -strength / 8) * (1.0 + 0.2 * rng.standard_normal((3, 3)))
    kernel[1, 1] += 1.0 - kernel.sum()
    return kernel.astype(np.float32)


def convolve(pixels: Pixels, kernel: Pixels) -> Pixels:
    """Filter each channel of `[H, W, C]` with edge padding; the shape stays."""
    height, width = pixels.shape[:2]
    rows, columns = kernel.shape
    above, left = rows // 2, columns // 2
    padded = np.pad(pixels, ((above, rows - 1 - above), (left, columns - 1 - left), (0, 0)), "edge")
    result = np.zeros_like(pixels)
    for row in range(rows):
        for column in range(columns):
            result += kernel[row, column] * padded[row : row + height, column : column + width]
    return result


def _resize(pixels: Pixels, size: tuple[int, int], resample: Image.Resampling) -> Pixels:
    channels = (Image.fromarray(pixels[..., index]).resize(size, resample) for index in range(pixels.shape[2]))
    return np.stack([np.asarray(channel, np.float32) for channel in channels], axis=2)
