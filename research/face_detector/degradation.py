"""Degradations of a whole scene as by cameras and messengers; all leave the geometry unchanged."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

from unmask._encoding import reencode


def degrade(image: Image.Image, rng: Generator) -> NDArray[np.uint8]:
    """Random color changes, blur, rescaling, JPEG compression and noise: uint8 `[H, W, 3]`."""
    if rng.random() < 0.6:
        image = _recolor(image, rng)
    if rng.random() < 0.2:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 2.5)))
    if rng.random() < 0.2:
        image = _rescale(image, rng.uniform(0.25, 0.8))
    if rng.random() < 0.35:
        image = reencode(image, "JPEG", quality=int(rng.integers(15, 90)))
    pixels = np.asarray(image)
    if rng.random() < 0.2:
        noise = rng.standard_normal(pixels.shape, dtype=np.float32) * np.float32(rng.uniform(2, 22))
        pixels = np.clip(pixels + noise, 0, 255).astype(np.uint8)
    return pixels


def _recolor(image: Image.Image, rng: Generator) -> Image.Image:
    image = ImageEnhance.Brightness(image).enhance(float(np.exp(rng.normal(0, 0.22))))
    image = ImageEnhance.Contrast(image).enhance(float(np.exp(rng.normal(0, 0.25))))
    if rng.random() < 0.15:
        return image.convert("L").convert("RGB")
    image = ImageEnhance.Color(image).enhance(float(np.exp(rng.normal(0, 0.22))))
    if rng.random() < 0.3:
        gains = np.repeat(np.exp(rng.normal(0, 0.15, 3)), 256) * np.tile(np.arange(256), 3)
        image = image.point(np.clip(gains, 0, 255).astype(int).tolist())
    return image


def _rescale(image: Image.Image, factor: float) -> Image.Image:
    small = (max(8, round(image.width * factor)), max(8, round(image.height * factor)))
    return image.resize(small, Image.Resampling.BILINEAR).resize(image.size, Image.Resampling.BILINEAR)
