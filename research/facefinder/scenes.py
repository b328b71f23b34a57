"""Training scenes: many faces or none, small and large, turned, cut by borders, partly covered, degraded.

Four kinds. A *mosaic* is cut into rectangles, each showing its own view; a *crowd* has head patches, hard-edged or
soft, over a faceless background; a *close-up* is one view with a face about as large as the scene; an *empty* scene
has no face. Faces were labelled by the teacher in the upright originals, so their place here is geometry, not a guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from research.facefinder.annotated_images import Picture, Pose, faceless_region, render
from research.facefinder.scene_builder import Canvas
from research.facefinder.degradation import degrade
from research.facefinder.textures import palette, texture

KINDS = {"mosaic": 0.32, "crowd": 0.24, "close": 0.20, "empty": 0.24}
Rectangle = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Scene:
    """A finished scene.

    Attributes:
        pixels: uint8 `[side, side, 3]` RGB.
        faces: float32 `[n, 14]`, corner box and five landmarks in pixels; boxes may reach over the border.
        wanted: bool `[n]`, to be found (else ignored: hardly visible, tiny, or the teacher was unsure).
    """

    pixels: NDArray[np.uint8]
    faces: NDArray[np.float32]
    wanted: NDArray[np.bool_]


class Composer:
    """Makes scenes from an album of labelled pictures.

    Args:
        album: pictures with at least one face each.
        faceless: pictures without one, for nearly half of the backgrounds; without any, all come from the album.
        side: side of a scene in pixels.
    """

    def __init__(self, album: Sequence[Picture], faceless: Sequence[Picture] = (), side: int = 256) -> None:
        self._album = album
        self._faceless = faceless
        self._side = side

    def compose(self, rng: Generator) -> Scene:
        """One random scene."""
        kind = str(rng.choice(list(KINDS), p=list(KINDS.values())))
        canvas: Canvas = getattr(self, f"_{kind}")(rng)
        if rng.random() < 0.3:
            self._occlude(canvas, rng)
        if rng.random() < 0.5:
            self._hide_parts(canvas, rng)
        faces, wanted = canvas.labels()
        return Scene(degrade(canvas.image, rng), faces, wanted)

    def _pick(self, rng: Generator) -> Picture:
        return self._album[int(rng.integers(len(self._album)))]

    def _mosaic(self, rng: Generator) -> Canvas:
        canvas = self._empty(rng, plain=True)
        for left, top, right, bottom in _split((0, 0, self._side, self._side), rng):
            size = (right - left, bottom - top)
            if rng.random() < 0.2:
                canvas.cover(self._background(size, rng), (left, top))
                continue
            self._show(canvas, (left, top), size, np.exp(rng.uniform(np.log(0.2), np.log(1.25))) * min(size), rng)
        return canvas

    def _crowd(self, rng: Generator) -> Canvas:
        canvas = self._empty(rng)
        typical = np.exp(rng.uniform(np.log(9), np.log(80)))
        for _ in range(int(rng.integers(2, max(3, min(26, round((self._side / typical / 1.6) ** 2)))))):
            face = float(np.clip(typical * np.exp(rng.normal(0, 0.3)), 8, 160))
            size = (max(8, round(face * rng.uniform(1.1, 2.0))), max(8, round(face * rng.uniform(1.3, 2.4))))
            corner = rng.integers(-size[0] // 3, self._side - size[0] // 2, 2)
            mask = _soft_mask(size, rng) if rng.random() < 0.6 else None
            self._show(canvas, (int(corner[0]), int(corner[1])), size, face, rng, mask)
        return canvas

    def _close(self, rng: Generator) -> Canvas:
        canvas = self._empty(rng, plain=True)
        frame = int(rng.integers(0, self._side // 2)) if rng.random() < 0.5 else 0
        width, height = self._side - frame, self._side - int(frame * rng.random())
        corner = (int(rng.integers(0, self._side - width + 1)), int(rng.integers(0, self._side - height + 1)))
        face = np.exp(rng.uniform(np.log(0.5), np.log(1.15))) * min(width, height)
        self._show(canvas, corner, (width, height), face, rng, jitter=0.12)
        return canvas

    def _empty(self, rng: Generator, plain: bool = False) -> Canvas:
        size = (self._side, self._side)
        if plain:
            return Canvas(Image.new("RGB", size, _fill(self._pick(rng), rng)))
        canvas = Canvas(self._background(size, rng))
        for _ in range(int(rng.integers(0, 6))):
            extent = tuple(int(side) for side in np.exp(rng.uniform(np.log(16), np.log(self._side), 2)))
            corner = rng.integers(-20, self._side, 2)
            canvas.cover(self._background((extent[0], extent[1]), rng), (int(corner[0]), int(corner[1])))
        return canvas

    def _background(self, size: tuple[int, int], rng: Generator) -> Image.Image:
        """A faceless piece of a picture, stretched to `size`, or a texture."""
        free = bool(self._faceless) and rng.random() < 0.5
        picture = self._faceless[int(rng.integers(len(self._faceless)))] if free else self._pick(rng)
        region = faceless_region(picture, rng) if rng.random() < (0.9 if free else 0.65) else None
        if region is None:
            return texture(size, picture.levels[-1], rng)
        x, y, w, h = region
        return picture.levels[0].resize(size, Image.Resampling.BILINEAR, box=(x, y, x + w, y + h), reducing_gap=2.0)

    def _show(
        self,
        canvas: Canvas,
        corner: tuple[int, int],
        size: tuple[int, int],
        face: float,
        rng: Generator,
        mask: Image.Image | None = None,
        jitter: float = 0.22,
    ) -> None:
        """Paste a random picture, scaled so that one of its faces has about the side `face`, near the centre."""
        picture = self._pick(rng)
        rows = picture.faces[picture.faces[:, 4] >= 0.8]
        x, y, w, h = rows[int(rng.integers(len(rows)))][:4].astype(float)
        share = 0.5 + rng.uniform(-jitter, jitter, 2)
        pose = Pose(
            scale=float(np.clip(face / np.sqrt(w * h), 0.03, 6.0)),
            angle=float(np.clip(rng.normal(0, np.radians(16)), -0.75, 0.75)),
            mirror=bool(rng.random() < 0.5),
            anchor=(x + w / 2, y + h / 2),
            target=(float(share[0] * size[0]), float(share[1] * size[1])),
        )
        view = render(picture, pose, size, _fill(picture, rng))
        canvas.paste(view, corner, pose.place(picture.faces), picture.faces[:, 4], mask)

    def _occlude(self, canvas: Canvas, rng: Generator) -> None:
        """Lay bars, ellipses and patches over the scene, large enough to hide parts of faces."""
        for _ in range(int(rng.integers(1, 7))):
            extent = np.exp(rng.uniform(np.log(6), np.log(self._side * 0.35), 2)).astype(int)
            size = (int(extent[0]), int(extent[1]))
            corner = rng.integers(-10, self._side - 4, 2)
            mask = _soft_mask(size, rng) if rng.random() < 0.5 else None
            canvas.cover(self._background(size, rng), (int(corner[0]), int(corner[1])), mask)

    def _hide_parts(self, canvas: Canvas, rng: Generator) -> None:
        """Lay a patch over a part of some faces: the eyes, the mouth, the forehead, one side."""
        for left, top, right, bottom in canvas.labels()[0][:, :4]:
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
            canvas.cover(patch, (int(x), int(y)), mask)


def _split(area: Rectangle, rng: Generator) -> list[Rectangle]:
    """Cut a rectangle at random into cells, none narrower than 20 pixels."""
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
    """An ellipse, or a box with round corners, with a feathered edge."""
    mask = Image.new("L", size, 0)
    draw = ImageDraw.Draw(mask)
    inset = 0.04 * min(size)
    area = (inset, inset, max(inset, size[0] - 1 - inset), max(inset, size[1] - 1 - inset))
    if rng.random() < 0.6:
        draw.ellipse(area, fill=255)
    else:
        draw.rounded_rectangle(area, radius=0.25 * min(size), fill=255)
    return mask.filter(ImageFilter.GaussianBlur(inset * rng.uniform(0.2, 1.0)))


def _fill(picture: Picture, rng: Generator) -> tuple[int, int, int]:
    """The colour around a picture that does not fill its cell: one of its own, or black, grey, white."""
    if rng.random() < 0.5:
        return palette(picture.levels[-1], rng, 1)[0]
    grey = int(rng.choice([0, 128, 255]))
    return grey, grey, grey
