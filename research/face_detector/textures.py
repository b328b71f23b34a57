"""Random textures without faces, in the colors of a real image, as backgrounds of training scenes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Size = tuple[int, int]
LETTERS = "aaabcdeeeefghiiijklmnnooopqrsstttuuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:!?()@&%    "


def sample_colors(source: Image.Image, rng: Generator, count: int = 6) -> list[tuple[int, int, int]]:
    """Colors of random pixels of an image."""
    pixels = np.asarray(source).reshape(-1, 3)
    return [(int(r), int(g), int(b)) for r, g, b in pixels[rng.integers(0, len(pixels), count)]]


def smooth_noise(size: Size, source: Image.Image, rng: Generator) -> Image.Image:
    """Tinted noise of a random grain size."""
    grain = float(np.exp(rng.uniform(0.0, np.log(48.0))))
    cells = (max(2, round(size[0] / grain)), max(2, round(size[1] / grain)), 3)
    mean = np.array(sample_colors(source, rng, 1)[0])
    values = (
        mean + rng.normal(0, rng.uniform(5, 70), (cells[1], cells[0], 1)) + rng.normal(0, 12, (cells[1], cells[0], 3))
    )
    small = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
    return small.resize(size, Image.Resampling.BICUBIC)


def stripes(size: Size, source: Image.Image, rng: Generator) -> Image.Image:
    """One or two plane waves, such as fabric, blinds or tiles."""
    y, x = np.mgrid[: size[1], : size[0]].astype(np.float32)
    wave = np.zeros_like(x)
    for _ in range(int(rng.integers(1, 3))):
        angle, period = rng.uniform(0, np.pi), np.exp(rng.uniform(np.log(4), np.log(60)))
        wave += np.sin((x * np.cos(angle) + y * np.sin(angle)) * (2 * np.pi / period) + rng.uniform(0, 6))
    if rng.random() < 0.5:
        wave = np.sign(wave)
    first, second = np.array(sample_colors(source, rng, 2), np.float32)
    share = np.clip(wave[..., None] / 2 + 0.5, 0, 1)
    return Image.fromarray((first * share + second * (1 - share)).astype(np.uint8))


def shapes(size: Size, source: Image.Image, rng: Generator) -> Image.Image:
    """Random ellipses, boxes, lines and letters."""
    colors = sample_colors(source, rng, 8)
    image = Image.new("RGB", size, colors[0])
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(4, 40))):
        x, y = rng.uniform(-0.1, 1.0, 2) * size
        w, h = np.exp(rng.uniform(np.log(4), np.log(max(8.0, max(size) * 0.6)), 2))
        color = colors[int(rng.integers(8))]
        kind = rng.integers(4)
        if kind == 0:
            draw.ellipse((x, y, x + w, y + h), fill=color)
        elif kind == 1:
            draw.rectangle((x, y, x + w, y + h), fill=color)
        elif kind == 2:
            draw.line((x, y, x + rng.choice((-1, 1)) * w, y + h), fill=color, width=int(rng.integers(1, 9)))
        else:
            letters = "".join(chr(int(code)) for code in rng.integers(48, 123, 4))
            draw.text((x, y), letters, fill=color, font_size=float(min(h, 60)) + 6)
    return image.filter(ImageFilter.GaussianBlur(rng.uniform(0, 2)))


def gradient(size: Size, source: Image.Image, rng: Generator) -> Image.Image:
    """Bilinear interpolation of four corner colors."""
    corners = np.array(sample_colors(source, rng, 4), np.uint8).reshape(2, 2, 3)
    return Image.fromarray(corners).resize(size, Image.Resampling.BILINEAR)


def spots(size: Size, source: Image.Image, rng: Generator) -> Image.Image:
    """Small blurred spots on a plain background, such as lights, leaves or stars."""
    ground, *colors = sample_colors(source, rng, 5)
    image = Image.new("RGB", size, ground if rng.random() < 0.6 else (0, 0, 0))
    draw = ImageDraw.Draw(image)
    typical = rng.uniform(2, 9)
    for _ in range(int(rng.integers(10, 150))):
        x, y = rng.uniform(0, 1, 2) * size
        w, h = typical * np.exp(rng.normal(0, 0.5, 2))
        draw.ellipse((x - w, y - h, x + w, y + h), fill=colors[int(rng.integers(4))])
    return image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 2)))


def discs(size: Size, source: Image.Image, rng: Generator) -> Image.Image:
    """Discs as large as faces with a texture inside, such as plates, balls, fruit or wheels."""
    image = gradient(size, source, rng)
    typical = rng.uniform(0.08, 1.0) * min(size)
    for _ in range(int(rng.integers(1, 12))):
        extent = np.maximum(4, typical * np.exp(rng.normal(0, 0.2, 2))).astype(int)
        inner = (gradient, smooth_noise, stripes)[int(rng.integers(3))]((int(extent[0]), int(extent[1])), source, rng)
        disc = Image.new("L", inner.size, 0)
        ImageDraw.Draw(disc).ellipse((0, 0, inner.width - 1, inner.height - 1), fill=255)
        corner = rng.uniform(-0.3, 0.9, 2) * size
        image.paste(inner, (int(corner[0]), int(corner[1])), disc)
    return image


def text_lines(size: Size, source: Image.Image, rng: Generator) -> Image.Image:
    """Text from small print to letters as large as faces, regular or bold, sharp or blurred, evenly lit or not."""
    ink, paper = sample_colors(source, rng, 2) if rng.random() < 0.5 else ((15, 15, 15), (240, 240, 240))
    if rng.random() < 0.3:
        ink, paper = paper, ink
    image = Image.new("RGB", size, paper)
    draw = ImageDraw.Draw(image)
    height = float(np.exp(rng.uniform(np.log(8), np.log(220))))
    font = ImageFont.load_default(height)
    stroke = round(height / 25) if rng.random() < 0.5 else 0
    for y in np.arange(rng.uniform(-0.6, 0.2) * height, size[1], height * rng.uniform(0.9, 1.5)):
        count = max(2, int(size[0] / height * 2.5))
        letters = "".join(LETTERS[int(index)] for index in rng.integers(0, len(LETTERS), count))
        draw.text((rng.uniform(-0.6, 0.1) * height, y), letters, fill=ink, font=font, stroke_width=stroke)
    if rng.random() < 0.5:
        image = Image.blend(image, gradient(size, source, rng), rng.uniform(0, 0.7))
    return image.filter(ImageFilter.GaussianBlur(height * rng.uniform(0, 0.12))) if rng.random() < 0.6 else image


TEXTURES: tuple[Callable[[Size, Image.Image, Generator], Image.Image], ...] = (
    smooth_noise,
    stripes,
    shapes,
    gradient,
    spots,
    discs,
    text_lines,
    text_lines,
)
"""Text is listed twice: large blurred letters are the most frequent false detection."""


def texture(size: Size, source: Image.Image, rng: Generator) -> Image.Image:
    """A random texture of a width and height, in the colors of `source`."""
    return TEXTURES[int(rng.integers(len(TEXTURES)))](size, source, rng)
