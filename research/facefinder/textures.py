"""Backgrounds without a face: noise, stripes, shapes, discs, specks, letters in the colours of a real picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib import get_data_path
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Size = tuple[int, int]
FONTS = tuple(sorted(str(path) for path in Path(get_data_path(), "fonts", "ttf").glob("DejaVuS*.ttf")))
"""Upright, slanted, bold, with and without serifs; they come with Matplotlib."""
LETTERS = "aaabcdeeeefghiiijklmnnooopqrsstttuuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:!?()@&%    "


def palette(source: Image.Image, rng: Generator, count: int = 6) -> list[tuple[int, int, int]]:
    """Random colours of a picture."""
    pixels = np.asarray(source).reshape(-1, 3)
    return [(int(r), int(g), int(b)) for r, g, b in pixels[rng.integers(0, len(pixels), count)]]


def clouds(size: Size, source: Image.Image, rng: Generator) -> Image.Image:
    """Smooth noise of a random grain, tinted."""
    grain = float(np.exp(rng.uniform(0.0, np.log(48.0))))
    cells = (max(2, round(size[0] / grain)), max(2, round(size[1] / grain)), 3)
    middle = np.array(palette(source, rng, 1)[0])
    values = (
        middle + rng.normal(0, rng.uniform(5, 70), (cells[1], cells[0], 1)) + rng.normal(0, 12, (cells[1], cells[0], 3))
    )
    small = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
    return small.resize(size, Image.Resampling.BICUBIC)


def stripes(size: Size, source: Image.Image, rng: Generator) -> Image.Image:
    """Plane waves crossed with each other: fabric, blinds, tiles."""
    y, x = np.mgrid[: size[1], : size[0]].astype(np.float32)
    wave = np.zeros_like(x)
    for _ in range(int(rng.integers(1, 3))):
        angle, period = rng.uniform(0, np.pi), np.exp(rng.uniform(np.log(4), np.log(60)))
        wave += np.sin((x * np.cos(angle) + y * np.sin(angle)) * (2 * np.pi / period) + rng.uniform(0, 6))
    if rng.random() < 0.5:
        wave = np.sign(wave)
    first, second = np.array(palette(source, rng, 2), np.float32)
    share = np.clip(wave[..., None] / 2 + 0.5, 0, 1)
    return Image.fromarray((first * share + second * (1 - share)).astype(np.uint8))


def shapes(size: Size, source: Image.Image, rng: Generator) -> Image.Image:
    """Ellipses, boxes, lines and letters; some ellipses carry dots, but nothing drawn here is a face."""
    colours = palette(source, rng, 8)
    image = Image.new("RGB", size, colours[0])
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(4, 40))):
        x, y = rng.uniform(-0.1, 1.0, 2) * size
        w, h = np.exp(rng.uniform(np.log(4), np.log(max(8.0, max(size) * 0.6)), 2))
        colour = colours[int(rng.integers(8))]
        kind = rng.integers(4)
        if kind == 0:
            draw.ellipse((x, y, x + w, y + h), fill=colour)
        elif kind == 1:
            draw.rectangle((x, y, x + w, y + h), fill=colour)
        elif kind == 2:
            draw.line((x, y, x + rng.choice((-1, 1)) * w, y + h), fill=colour, width=int(rng.integers(1, 9)))
        else:
            letters = "".join(chr(int(code)) for code in rng.integers(48, 123, 4))
            draw.text((x, y), letters, fill=colour, font_size=float(min(h, 60)) + 6)
    return image.filter(ImageFilter.GaussianBlur(rng.uniform(0, 2)))


def gradient(size: Size, source: Image.Image, rng: Generator) -> Image.Image:
    """A smooth blend of four corner colours."""
    corners = np.array(palette(source, rng, 4), np.uint8).reshape(2, 2, 3)
    return Image.fromarray(corners).resize(size, Image.Resampling.BILINEAR)


def specks(size: Size, source: Image.Image, rng: Generator) -> Image.Image:
    """Small blurred spots on a plain ground: lights, leaves, stars, grain."""
    ground, *colours = palette(source, rng, 5)
    image = Image.new("RGB", size, ground if rng.random() < 0.6 else (0, 0, 0))
    draw = ImageDraw.Draw(image)
    typical = rng.uniform(2, 9)
    for _ in range(int(rng.integers(10, 150))):
        x, y = rng.uniform(0, 1, 2) * size
        w, h = typical * np.exp(rng.normal(0, 0.5, 2))
        draw.ellipse((x - w, y - h, x + w, y + h), fill=colours[int(rng.integers(4))])
    return image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 2)))


def balls(size: Size, source: Image.Image, rng: Generator) -> Image.Image:
    """Discs as large as faces, shaded or patterned inside: plates, balls, fruit, wheels."""
    image = gradient(size, source, rng)
    typical = rng.uniform(0.08, 1.0) * min(size)
    for _ in range(int(rng.integers(1, 12))):
        extent = np.maximum(4, typical * np.exp(rng.normal(0, 0.2, 2))).astype(int)
        inner = (gradient, clouds, stripes)[int(rng.integers(3))]((int(extent[0]), int(extent[1])), source, rng)
        disc = Image.new("L", inner.size, 0)
        ImageDraw.Draw(disc).ellipse((0, 0, inner.width - 1, inner.height - 1), fill=255)
        corner = rng.uniform(-0.3, 0.9, 2) * size
        image.paste(inner, (int(corner[0]), int(corner[1])), disc)
    return image


def writing(size: Size, source: Image.Image, rng: Generator) -> Image.Image:
    """Lines of letters from small print to single letters as large as faces, sharp or out of focus, unevenly lit."""
    ink, paper = palette(source, rng, 2) if rng.random() < 0.5 else ((15, 15, 15), (240, 240, 240))
    if rng.random() < 0.3:
        ink, paper = paper, ink
    image = Image.new("RGB", size, paper)
    draw = ImageDraw.Draw(image)
    height = float(np.exp(rng.uniform(np.log(8), np.log(220))))
    font = ImageFont.truetype(FONTS[int(rng.integers(len(FONTS)))], height)
    for y in np.arange(rng.uniform(-0.6, 0.2) * height, size[1], height * rng.uniform(0.9, 1.5)):
        count = max(2, int(size[0] / height * 2.5))
        letters = "".join(LETTERS[int(place)] for place in rng.integers(0, len(LETTERS), count))
        draw.text((rng.uniform(-0.6, 0.1) * height, y), letters, fill=ink, font=font)
    if rng.random() < 0.5:
        image = Image.blend(image, gradient(size, source, rng), rng.uniform(0, 0.7))
    return image.filter(ImageFilter.GaussianBlur(height * rng.uniform(0, 0.12))) if rng.random() < 0.6 else image


TEXTURES: tuple[Callable[[Size, Image.Image, Generator], Image.Image], ...] = (
    clouds,
    stripes,
    shapes,
    gradient,
    specks,
    balls,
    writing,
    writing,
)
"""Writing stands twice: large letters out of focus are what a face finder takes for faces most often."""


def texture(size: Size, source: Image.Image, rng: Generator) -> Image.Image:
    """One of the textures, `size` = (width, height), in the colours of `source`."""
    return TEXTURES[int(rng.integers(len(TEXTURES)))](size, source, rng)
