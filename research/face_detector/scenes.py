"""Composition of training scenes: images with known face boxes, with rotation, occlusion, cut faces and degradation.

There are four kinds. A *mosaic* consists of rectangles, each with its own view. A *crowd* has heads over a background.
A *close-up* is one view with a face about as large as the scene. An *empty* scene has no face. The reference detector
found the faces in the upright originals; their boxes in a scene are computed by geometry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from research.face_detector.annotated_images import AnnotatedImage, background_region
from research.face_detector.degradation import degrade
from research.face_detector.scene_builder import SceneBuilder
from research.face_detector.similarity import SimilarityTransform, warp
from research.face_detector.textures import sample_colors, texture

KINDS = {"mosaic": 0.32, "crowd": 0.24, "close": 0.20, "empty": 0.24}
"""Probability of each kind of scene."""
Rectangle = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Scene:
    """A finished training scene.

    Attributes:
        pixels: uint8 `[side, side, 3]` RGB.
        faces: float32 `[n, 14]`, corner box and five landmarks in pixels; boxes may extend beyond the border.
        wanted: bool `[n]`, True for training targets. The other faces are ignored: hardly visible, tiny, or with a low
            score of the reference detector.
    """

    pixels: NDArray[np.uint8]
    faces: NDArray[np.float32]
    wanted: NDArray[np.bool_]


class SceneComposer:
    """Composes random scenes from annotated images.

    Args:
        images: images with at least one face each.
        negatives: images without faces, used for half of the image backgrounds; if empty, `images` are used for all.
        side: side length of a scene in pixels.
    """

    def __init__(
        self, images: Sequence[AnnotatedImage], negatives: Sequence[AnnotatedImage] = (), side: int = 256
    ) -> None:
        self._images = images
        self._negatives = negatives
        self._side = side

    def compose(self, rng: Generator) -> Scene:
        """A random scene."""
        kind = str(rng.choice(list(KINDS), p=list(KINDS.values())))
        builder: SceneBuilder = getattr(self, f"_{kind}")(rng)
        if rng.random() < 0.3:
            self._occlude(builder, rng)
        if rng.random() < 0.5:
            self._hide_parts(builder, rng)
        faces, wanted = builder.labels()
        return Scene(degrade(builder.image, rng), faces, wanted)

    def _pick(self, rng: Generator) -> AnnotatedImage:
        return self._images[int(rng.integers(len(self._images)))]

    def _mosaic(self, rng: Generator) -> SceneBuilder:
        builder = self._empty(rng, plain=True)
        for left, top, right, bottom in _split((0, 0, self._side, self._side), rng):
            size = (right - left, bottom - top)
            if rng.random() < 0.2:
                builder.cover(self._background(size, rng), (left, top))
                continue
            face = np.exp(rng.uniform(np.log(0.2), np.log(1.25))) * min(size)
            self._paste_view(builder, (left, top), size, face, rng)
        return builder

    def _crowd(self, rng: Generator) -> SceneBuilder:
        builder = self._empty(rng)
        typical = np.exp(rng.uniform(np.log(9), np.log(80)))
        for _ in range(int(rng.integers(2, max(3, min(26, round((self._side / typical / 1.6) ** 2)))))):
            face = float(np.clip(typical * np.exp(rng.normal(0, 0.3)), 8, 160))
            size = (max(8, round(face * rng.uniform(1.1, 2.0))), max(8, round(face * rng.uniform(1.3, 2.4))))
            corner = rng.integers(-size[0] // 3, self._side - size[0] // 2, 2)
            mask = _soft_mask(size, rng) if rng.random() < 0.6 else None
            self._paste_view(builder, (int(corner[0]), int(corner[1])), size, face, rng, mask)
        return builder

    def _close(self, rng: Generator) -> SceneBuilder:
        builder = self._empty(rng, plain=True)
        frame = int(rng.integers(0, self._side // 2)) if rng.random() < 0.5 else 0
        width, height = self._side - frame, self._side - int(frame * rng.random())
        corner = (int(rng.integers(0, self._side - width + 1)), int(rng.integers(0, self._side - height + 1)))
        face = np.exp(rng.uniform(np.log(0.5), np.log(1.15))) * min(width, height)
        self._paste_view(builder, corner, (width, height), face, rng, jitter=0.12)
        return builder

    def _empty(self, rng: Generator, plain: bool = False) -> SceneBuilder:
        size = (self._side, self._side)
        if plain:
            return SceneBuilder(Image.new("RGB", size, _fill(self._pick(rng), rng)))
        builder = SceneBuilder(self._background(size, rng))
        for _ in range(int(rng.integers(0, 6))):
            extent = tuple(int(side) for side in np.exp(rng.uniform(np.log(16), np.log(self._side), 2)))
            corner = rng.integers(-20, self._side, 2)
            builder.cover(self._background((extent[0], extent[1]), rng), (int(corner[0]), int(corner[1])))
        return builder

    def _background(self, size: tuple[int, int], rng: Generator) -> Image.Image:
        """A part of an image without faces, stretched to `size`, or a texture."""
        negative = bool(self._negatives) and rng.random() < 0.5
        image = self._negatives[int(rng.integers(len(self._negatives)))] if negative else self._pick(rng)
        region = background_region(image, rng) if rng.random() < (0.9 if negative else 0.65) else None
        if region is None:
            return texture(size, image.levels[-1], rng)
        x, y, w, h = region
        return image.levels[0].resize(size, Image.Resampling.BILINEAR, box=(x, y, x + w, y + h), reducing_gap=2.0)

    def _paste_view(
        self,
        builder: SceneBuilder,
        corner: tuple[int, int],
        size: tuple[int, int],
        face: float,
        rng: Generator,
        mask: Image.Image | None = None,
        jitter: float = 0.22,
    ) -> None:
        """Paste a random image, scaled so that one of its faces has about the side `face` and is near the center."""
        image = self._pick(rng)
        rows = image.faces[image.faces[:, 4] >= 0.8]
        x, y, w, h = rows[int(rng.integers(len(rows)))][:4].astype(float)
        share = 0.5 + rng.uniform(-jitter, jitter, 2)
        transform = SimilarityTransform(
            scale=float(np.clip(face / np.sqrt(w * h), 0.03, 6.0)),
            angle=float(np.clip(rng.normal(0, np.radians(16)), -0.75, 0.75)),
            mirror=bool(rng.random() < 0.5),
            anchor=(x + w / 2, y + h / 2),
            target=(float(share[0] * size[0]), float(share[1] * size[1])),
        )
        view = warp(image, transform, size, _fill(image, rng))
        builder.paste(view, corner, transform.transform_faces(image.faces), image.faces[:, 4], mask)

    def _occlude(self, builder: SceneBuilder, rng: Generator) -> None:
        """Cover random places with rectangles and ellipses, large enough to hide parts of faces."""
        for _ in range(int(rng.integers(1, 7))):
            extent = np.exp(rng.uniform(np.log(6), np.log(self._side * 0.35), 2)).astype(int)
            size = (int(extent[0]), int(extent[1]))
            corner = rng.integers(-10, self._side - 4, 2)
            mask = _soft_mask(size, rng) if rng.random() < 0.5 else None
            builder.cover(self._background(size, rng), (int(corner[0]), int(corner[1])), mask)

    def _hide_parts(self, builder: SceneBuilder, rng: Generator) -> None:
        """Cover a part of some faces, such as the eyes, the mouth or one side."""
        for left, top, right, bottom in builder.labels()[0][:, :4]:
            if rng.random() < 0.5:
                continue
            width, height = right - left, bottom - top
            size = (max(2, int(width * rng.uniform(0.3, 1.2))), max(2, int(height * rng.uniform(0.12, 0.45))))
            if min(self._side, *size) < 3 or max(size) > 2 * self._side:
                continue
            x, y = (
                rng.uniform(left - 0.2 * width, right - 0.5 * size[0]),
                rng.uniform(top - 0.1 * height, bottom - size[1]),
            )
            mask = _soft_mask(size, rng) if rng.random() < 0.5 else None
            plain = Image.new("RGB", size, _fill(self._pick(rng), rng))
            patch = plain if rng.random() < 0.5 else self._background(size, rng)
            builder.cover(patch, (int(x), int(y)), mask)


def _split(area: Rectangle, rng: Generator) -> list[Rectangle]:
    """Split a rectangle at random into rectangles."""
    left, top, right, bottom = area
    width, height = right - left, bottom - top
    if max(width, height) < 44 or rng.random() < 0.15 + 0.3 * (max(width, height) < 130):
        return [area]
    share = rng.uniform(0.3, 0.7)
    if width >= height:
        cut = left + round(width * share)
        return _split((left, top, cut, bottom), rng) + _split((cut, top, right, bottom), rng)
    cut = top + round(height * share)
    return _split((left, top, right, cut), rng) + _split((left, cut, right, bottom), rng)


def _soft_mask(size: tuple[int, int], rng: Generator) -> Image.Image:
    """An ellipse or a rounded rectangle with a soft edge, as a gray image."""
    mask = Image.new("L", size, 0)
    draw = ImageDraw.Draw(mask)
    inset = 0.04 * min(size)
    area = (inset, inset, max(inset, size[0] - 1 - inset), max(inset, size[1] - 1 - inset))
    if rng.random() < 0.6:
        draw.ellipse(area, fill=255)
    else:
        draw.rounded_rectangle(area, radius=0.25 * min(size), fill=255)
    return mask.filter(ImageFilter.GaussianBlur(inset * rng.uniform(0.2, 1.0)))


def _fill(image: AnnotatedImage, rng: Generator) -> tuple[int, int, int]:
    """The color of pixels outside an image: one of its own colors, or black, gray or white."""
    if rng.random() < 0.5:
        return sample_colors(image.levels[-1], rng, 1)[0]
    gray = int(rng.choice([0, 128, 255]))
    return gray, gray, gray
