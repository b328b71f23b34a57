"""AugmentationConfig: what cameras, messengers and editors do to a picture, done to both classes alike.

First framing (a jittered square around the face), then degradation at the resolution of the crop (scaling, JPEG, WebP,
blur, noise), then color. All random numbers come from one seeded generator.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

from unmask._encoding import reencode
from unmask.preprocessing import FILTERS, Box, Preprocessing, crop_resize, square_crop
from unmask.training.augmentation_config import AugmentationConfig
from unmask.training.data.video_compression import encode_as_video_frame

LOW_QUALITY = AugmentationConfig(resize=1.0, scale=(0.4, 0.7), jpeg=1.0, quality=(30, 60), webp=0.0, blur=0.0)
"""Degradations of `AugmentationConfig.low_quality`."""


def augment(
    image: Image.Image, box: Box, preprocessing: Preprocessing, config: AugmentationConfig, rng: Generator
) -> NDArray[np.uint8]:
    """Augmented network input of an RGB image with a face at `box`.

    Args:
        image: the whole image.
        box: `x, y, width, height` of the face in pixels.
        preprocessing: input size and `min_side`; the range of the margin comes from `config`.
        config: probability and range of each step.
        rng: source of all random numbers.

    Returns:
        uint8 `[size, size, 3]`.
    """
    size = preprocessing.size
    crop = _frame(image, box, preprocessing, config, rng)
    if rng.random() < config.flip:
        crop = crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if rng.random() < config.tilt:
        crop = _tilt(crop, config, rng)
    if config.smooth and rng.random() < config.smooth:
        crop = _smooth(crop, rng)
    if config.video and rng.random() < config.video:
        crop = encode_as_video_frame(_rescale(crop, config.scale, rng), rng)
    if config.low_quality and rng.random() < config.low_quality:
        crop = _degrade(crop, LOW_QUALITY, rng)
    elif rng.random() >= config.undegraded:
        crop = _degrade(crop, config, rng)
    if rng.random() < config.color:
        crop = _jitter_color(crop, config.color_strength, rng)
    resample = str(rng.choice(["bicubic", "bicubic", "bilinear", "lanczos"]))
    pixels = crop_resize(crop, (0, 0, crop.width, crop.height), size, resample)
    if rng.random() < config.noise:
        pixels = _add_noise(pixels, config.noise_sigma, rng)
    if rng.random() < config.cutout:
        pixels = _cutout(pixels, rng)
    return pixels


def _log_uniform(bounds: tuple[float, float], rng: Generator) -> float:
    return float(np.exp(rng.uniform(np.log(bounds[0]), np.log(bounds[1]))))


def _frame(
    image: Image.Image, box: Box, preprocessing: Preprocessing, config: AugmentationConfig, rng: Generator
) -> Image.Image:
    """A jittered square around the face at the resolution of the image; much larger faces are downscaled.

    A margin above that of the preprocessing enlarges `min_side` in proportion.
    """
    size = preprocessing.size
    x, y, w, h = box
    side = max(w, h)
    dx, dy = rng.uniform(-config.shift, config.shift, 2) * side
    margin = _log_uniform(config.margin, rng)
    min_side = preprocessing.min_side * max(1.0, margin / preprocessing.margin)
    region = square_crop((x + dx, y + dy, w, h), image.width, image.height, margin, min_side)
    left, top, extent, _ = region
    if extent > 2 * size:
        return Image.fromarray(crop_resize(image, region, int(rng.integers(size, 2 * size))))
    return image.crop((round(left), round(top), round(left + extent), round(top + extent)))


def _tilt(crop: Image.Image, config: AugmentationConfig, rng: Generator) -> Image.Image:
    """The crop rotated, sheared and stretched about its center, at the same size."""
    turn = np.deg2rad(rng.uniform(-config.rotation, config.rotation))
    slant = np.tan(np.deg2rad(rng.uniform(-config.shear, config.shear)))
    zoom = [_log_uniform(config.zoom, rng) for _ in range(2)]
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = spin @ np.array([[1.0, slant], [0.0, 1.0]]) @ np.diag(zoom)
    edge = max(crop.size) // 2
    wide = Image.fromarray(np.pad(np.asarray(crop), ((edge, edge), (edge, edge), (0, 0)), mode="symmetric"))
    center = np.array(crop.size) / 2
    offset = center + edge - matrix @ center
    coefficients = (*matrix[0], offset[0], *matrix[1], offset[1])
    return wide.transform(crop.size, Image.Transform.AFFINE, coefficients, Image.Resampling.BICUBIC)


def _smooth(crop: Image.Image, rng: Generator) -> Image.Image:
    """Edge-preserving smoothing: a guided filter (He et al., ECCV 2010), each channel its own guide."""
    radius = max(2, round(crop.width * rng.uniform(0.01, 0.03)))
    tones, share = rng.uniform(8.0, 30.0), rng.uniform(0.4, 1.0)
    pixels = np.asarray(crop, np.float32)
    mean = _box_mean(pixels, radius)
    variance = _box_mean(pixels * pixels, radius) - mean * mean
    slope = variance / (variance + np.float32(tones**2))
    flat = _box_mean(slope, radius) * pixels + _box_mean((1 - slope) * mean, radius)
    return Image.fromarray((pixels + np.float32(share) * (flat - pixels)).clip(0, 255).round().astype(np.uint8))


def _box_mean(values: NDArray[np.floating], radius: int) -> NDArray[np.float32]:
    """Box filter of `2 * radius + 1` pixels, `[H, W, C]`; the border is edge-padded."""
    width = 2 * radius + 1
    padded = np.pad(values, ((radius + 1, radius), (radius + 1, radius), (0, 0)), mode="edge").astype(np.float64)
    sums = padded.cumsum(axis=0).cumsum(axis=1)
    total = sums[width:, width:] - sums[:-width, width:] - sums[width:, :-width] + sums[:-width, :-width]
    mean: NDArray[np.float32] = (total / width**2).astype(np.float32)
    return mean


def _degrade(crop: Image.Image, config: AugmentationConfig, rng: Generator) -> Image.Image:
    if rng.random() < config.blur:
        crop = crop.filter(ImageFilter.GaussianBlur(rng.uniform(*config.blur_sigma)))
    if rng.random() < config.resize:
        crop = _rescale(crop, config.scale, rng)
    if rng.random() < config.jpeg:
        crop = reencode(crop, "JPEG", quality=int(rng.integers(config.quality[0], config.quality[1] + 1)))
    if rng.random() < config.webp:
        crop = reencode(crop, "WEBP", quality=int(rng.integers(config.quality[0], config.quality[1] + 1)), method=1)
    return crop


def _rescale(crop: Image.Image, scale: tuple[float, float], rng: Generator) -> Image.Image:
    """The square crop at a random resolution."""
    extent = max(32, round(crop.width * _log_uniform(scale, rng)))
    return crop.resize((extent, extent), FILTERS[str(rng.choice(list(FILTERS)))])


def _jitter_color(crop: Image.Image, strength: float, rng: Generator) -> Image.Image:
    for enhance in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        crop = enhance(crop).enhance(1.0 + rng.uniform(-strength, strength))
    return crop


def _add_noise(pixels: NDArray[np.uint8], sigma: tuple[float, float], rng: Generator) -> NDArray[np.uint8]:
    noise = rng.standard_normal(pixels.shape, dtype=np.float32) * np.float32(rng.uniform(*sigma))
    return np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)


def _cutout(pixels: NDArray[np.uint8], rng: Generator) -> NDArray[np.uint8]:
    size = pixels.shape[0]
    height, width = rng.integers(size // 8, size // 3, 2)
    top, left = rng.integers(0, size - height), rng.integers(0, size - width)
    covered = pixels.copy()
    covered[top : top + height, left : left + width] = pixels.mean(axis=(0, 1)).astype(np.uint8)
    return covered
