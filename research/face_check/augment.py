"""Random degradations of face crops: small, blurred, dark, compressed, occluded and cut faces."""

from __future__ import annotations

import io

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

from research.face_check.collect import FACTOR, SIDE
from unmask.faces.face_check import CROP_FACTOR, CROP_SIDE
from unmask.faces.search_scales import GRAY

SHIFT, SCALE, TURN = 0.12, (0.8, 1.25), 25.0
"""Largest shift as a share of the face, range of scales, and largest rotation in degrees."""


def augment(pixels: NDArray[np.uint8], rng: Generator) -> NDArray[np.uint8]:
    """One training input, uint8 `[CROP_SIDE, CROP_SIDE, 3]`, from a crop `[SIDE, SIDE, 3]`."""
    image = Image.fromarray(pixels)
    if rng.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if rng.random() < 0.3:
        gray = (GRAY, GRAY, GRAY)
        image = image.rotate(float(rng.uniform(-TURN, TURN)), Image.Resampling.BILINEAR, fillcolor=gray)
    image = _window(image, rng)
    if rng.random() < 0.3:
        image = _cover(image, rng)
    return np.asarray(_degrade(image, rng))


def plain(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The input as the face check sees a crop `[SIDE, SIDE, 3]`, without degradation."""
    return np.asarray(_cut(Image.fromarray(pixels), CROP_FACTOR, 0.0, 0.0))


def _window(image: Image.Image, rng: Generator) -> Image.Image:
    factor = CROP_FACTOR * float(np.exp(rng.uniform(*np.log(SCALE))))
    x, y = rng.uniform(-SHIFT, SHIFT, 2).tolist()
    return _cut(image, factor, x, y)


def _cut(image: Image.Image, factor: float, x: float, y: float) -> Image.Image:
    face = SIDE / FACTOR
    side, middle = factor * face, SIDE / 2
    left, top = middle + x * face - side / 2, middle + y * face - side / 2
    area = max(0.0, left), max(0.0, top), min(float(SIDE), left + side), min(float(SIDE), top + side)
    return image.resize((CROP_SIDE, CROP_SIDE), Image.Resampling.BILINEAR, box=area)


def _cover(image: Image.Image, rng: Generator) -> Image.Image:
    """Cover a rectangle, or cut a side off as the border of a picture does."""
    pixels = np.array(image)
    if rng.random() < 0.5:
        width, height = rng.integers(CROP_SIDE // 8, CROP_SIDE // 3, 2)
        left, top = rng.integers(0, CROP_SIDE - width), rng.integers(0, CROP_SIDE - height)
        pixels[top : top + height, left : left + width] = rng.integers(0, 256, 3)
    else:
        depth = int(rng.integers(2, CROP_SIDE // 3))
        turned = np.rot90(pixels, int(rng.integers(4)))
        turned[:depth] = GRAY
    return Image.fromarray(pixels)


def _degrade(image: Image.Image, rng: Generator) -> Image.Image:
    if rng.random() < 0.4:
        side = round(float(np.exp(rng.uniform(np.log(14), np.log(CROP_SIDE)))))
        small = image.resize((side, side), Image.Resampling.BOX)
        image = small.resize(image.size, Image.Resampling.BILINEAR)
    if rng.random() < 0.2:
        image = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.4, 1.6))))
    for enhance in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        if rng.random() < 0.4:
            image = enhance(image).enhance(float(np.exp(rng.normal(0.0, 0.35))))
    if rng.random() < 0.12:
        image = image.convert("L").convert("RGB")
    if rng.random() < 0.15:
        noise = rng.normal(0, rng.uniform(2, 14), (CROP_SIDE, CROP_SIDE, 3))
        image = Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))
    if rng.random() < 0.4:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=int(rng.integers(25, 90)))
        image = Image.open(buffer)
    return image.convert("RGB")
