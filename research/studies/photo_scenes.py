"""Full photographs with faces of known class and position, for `research.studies.photos`.

The labeled images are tight crops: the square that the model sees extends beyond them by up to a quarter. A face is
therefore pasted with its own surroundings. The crop is padded with its mirror image, and it blends into the photograph
only outside the square that the model sees. The model never sees a seam, and real faces and fakes are treated alike. If
the border of a crop cuts the face, padding would duplicate part of it; such crops are only shown complete, as frames
and in screenshots.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFilter

from research.common.face_scenes import photograph
from research.common.labeled_face import LabeledFace
from unmask._encoding import encode_image
from unmask.preprocessing import Box

MARGIN, FADE = 0.28, 0.12
"""Width of the opaque padding and of the blended border, as shares of the longer side of the face."""
TWELVE_MEGAPIXELS = (4032, 3024)
SCREEN = (1080, 2340)
MESSENGER_SIDE = 1600
"""Long side in pixels to which messengers scale photographs."""
SIZES = tuple(round(40 * 1.5**step) for step in range(11))
"""Sides of faces in pixels, from 40 to 2307; the largest fills a photograph."""
FILTERS = (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """An encoded photograph with known faces.

    Attributes:
        data: bytes of the file.
        boxes: face boxes, in the order of the pasted faces.
        size: width and height.
    """

    data: bytes
    boxes: tuple[Box, ...]
    size: tuple[int, int]


Make = Callable[[Sequence[LabeledFace], int, Generator], Photo]
"""Makes a photograph from faces, their number in the series (it selects the size) and a random generator."""


def composed(faces: Sequence[LabeledFace], number: int, rng: Generator) -> Photo:
    """Faces neither scaled nor compressed in a small photograph; this isolates the effect of composing."""
    del number
    return _save(*_scene((1024, 768), faces, [face.side for face in faces], rng), None)


def phone(faces: Sequence[LabeledFace], number: int, rng: Generator) -> Photo:
    """One face of any size in a 12-megapixel photograph, JPEG quality 95."""
    return _save(*_scene(_random_orientation(TWELVE_MEGAPIXELS, rng), faces, [SIZES[number % len(SIZES)]], rng), 95)


def messenger(faces: Sequence[LabeledFace], number: int, rng: Generator) -> Photo:
    """A phone photograph after a messenger: long side 1,600 pixels, JPEG quality 75."""
    growth = max(TWELVE_MEGAPIXELS) / MESSENGER_SIDE
    sides = [min(SIZES[number % len(SIZES)] * growth, SIZES[-1])]
    return _save_as_messenger(*_scene(_random_orientation(TWELVE_MEGAPIXELS, rng), faces, sides, rng))


def full_crop(faces: Sequence[LabeledFace], number: int, rng: Generator) -> Photo:
    """The complete crop enlarged to a long side of 512 to 4,032 pixels, JPEG quality 90."""
    (face,) = faces
    longest = (512, 1024, 2048, 4032)[number % 4]
    scale = longest / max(face.image.size)
    return _save(*_enlarge(face, scale, rng), 90)


def screenshot(faces: Sequence[LabeledFace], number: int, rng: Generator) -> Photo:
    """A phone screen with the crop as a post, a card or a small image in a list; half of them are JPEG files."""
    (face,) = faces
    width = (1080, 720, 360, 180)[number % 4]
    image, boxes = _enlarge(face, width / face.image.width, rng)
    screen = _screen(rng)
    left = 0 if width == SCREEN[0] else int(rng.integers(40, SCREEN[0] - width - 39))
    top = int(rng.integers(320, 700))
    screen.paste(image, (left, top))
    return _save(screen, [_translate(box, left, top) for box in boxes], None if number % 8 < 4 else 80)


def group(faces: Sequence[LabeledFace], number: int, rng: Generator) -> Photo:
    """Six people in a 12-megapixel photograph, JPEG quality 92; every second one as messengers send it."""
    sides = [float(np.exp(rng.uniform(np.log(180), np.log(560)))) for _ in faces]
    image, boxes = _scene(TWELVE_MEGAPIXELS, faces, sides, rng)
    return _save(image, boxes, 92) if number % 2 == 0 else _save_as_messenger(image, boxes)


def small_faces(faces: Sequence[LabeledFace], sides: Sequence[float], rng: Generator) -> Photo:
    """Faces with the given longer sides in a 12-megapixel photograph, JPEG quality 92."""
    return _save(*_scene(TWELVE_MEGAPIXELS, faces, sides, rng), 92)


SINGLE: dict[str, Make] = {
    "composed": composed, "phone": phone, "sent": messenger, "frame": full_crop, "screenshot": screenshot,
}  # fmt: skip
"""The kinds with one face."""
SHOWN_WHOLE = frozenset({"frame", "screenshot"})
"""The kinds that show the complete crop; they accept faces that the border of the crop cuts."""
PEOPLE = 6
"""Number of faces in a group photograph."""


def _scene(
    size: tuple[int, int], faces: Sequence[LabeledFace], sides: Sequence[float], rng: Generator
) -> tuple[Image.Image, list[Box]]:
    """A photograph with the faces in the cells of a grid, scaled to the given longer sides."""
    image = photograph(size, rng)
    columns = 1 if len(faces) == 1 else 3
    rows = -(-len(faces) // columns)
    cell = size[0] / columns, size[1] / rows
    boxes = []
    for place, (face, side) in enumerate(zip(faces, sides, strict=True)):
        patch, mask, box = _pad_and_scale(face, side, rng)
        spare = cell[0] - patch.width, cell[1] - patch.height
        left = round(place % columns * cell[0] + spare[0] * (rng.random() if spare[0] > 0 else 0.5))
        top = round(place // columns * cell[1] + spare[1] * (rng.random() if spare[1] > 0 else 0.5))
        image.paste(patch, (left, top), mask)
        boxes.append(_translate(box, left, top))
    return image, boxes


def _pad_and_scale(face: LabeledFace, side: float, rng: Generator) -> tuple[Image.Image, Image.Image, Box]:
    """The crop padded with its mirror image and scaled, its opacity mask, and its face box."""
    solid, fade = round(MARGIN * face.side), round(FADE * face.side)
    around = solid + fade
    pixels = np.pad(np.asarray(face.image), ((around, around), (around, around), (0, 0)), mode="symmetric")
    opaque = Image.new("L", (pixels.shape[1], pixels.shape[0]), 0)
    inset = fade / 2
    ImageDraw.Draw(opaque).rectangle((inset, inset, opaque.width - 1 - inset, opaque.height - 1 - inset), fill=255)
    soft = _ramp(opaque.filter(ImageFilter.BoxBlur(fade / 2)))
    scale = side / face.side
    extent = max(8, round(opaque.width * scale)), max(8, round(opaque.height * scale))
    patch = Image.fromarray(pixels).resize(extent, _filter(rng))
    box = _translate(face.box, around, around)
    return patch, soft.resize(extent, Image.Resampling.BILINEAR), _scale_box(box, scale)


def _ramp(mask: Image.Image) -> Image.Image:
    """The mask with nearly opaque pixels made opaque."""
    values = np.asarray(mask, np.float64) / 250 * 255
    return Image.fromarray(np.minimum(values, 255).astype(np.uint8))


def _enlarge(face: LabeledFace, scale: float, rng: Generator) -> tuple[Image.Image, list[Box]]:
    size = round(face.image.width * scale), round(face.image.height * scale)
    return face.image.resize(size, _filter(rng)), [_scale_box(face.box, scale)]


def _save_as_messenger(image: Image.Image, boxes: Sequence[Box]) -> Photo:
    scale = MESSENGER_SIDE / max(image.size)
    size = round(image.width * scale), round(image.height * scale)
    shrunk = image.resize(size, Image.Resampling.LANCZOS)
    return _save(shrunk, [_scale_box(box, scale) for box in boxes], 75)


def _save(image: Image.Image, boxes: Sequence[Box], quality: int | None) -> Photo:
    """Encode as JPEG, or as PNG if `quality` is None."""
    data = (
        encode_image(image, "PNG", compress_level=1)
        if quality is None
        else encode_image(image, "JPEG", quality=quality)
    )
    return Photo(data, tuple(boxes), image.size)


def _screen(rng: Generator) -> Image.Image:
    """A phone screen, light or dark, with a status bar, a name and lines of text."""
    light = bool(rng.random() < 0.5)
    paper, ink = ((255, 255, 255), (20, 20, 20)) if light else ((18, 18, 20), (235, 235, 235))
    screen = Image.new("RGB", SCREEN, paper)
    draw = ImageDraw.Draw(screen)
    draw.text((40, 30), "09:41", fill=ink, font_size=40)
    draw.rectangle((960, 36, 1030, 66), outline=ink, width=3)
    draw.ellipse((40, 140, 130, 230), fill=tuple(rng.integers(0, 256, 3).tolist()))
    draw.text((160, 160), "somebody · 3 h", fill=ink, font_size=42)
    for line in range(12):
        words = " ".join("·" * int(length) for length in rng.integers(2, 9, 6))
        draw.text((40, 1800 + 44 * line), words, fill=ink, font_size=34)
    return screen


def _random_orientation(size: tuple[int, int], rng: Generator) -> tuple[int, int]:
    """The size in landscape or portrait orientation, at random."""
    return size if rng.random() < 0.5 else (size[1], size[0])


def _filter(rng: Generator) -> Image.Resampling:
    return FILTERS[int(rng.integers(len(FILTERS)))]


def _translate(box: Box, left: float, top: float) -> Box:
    return box[0] + left, box[1] + top, box[2], box[3]


def _scale_box(box: Box, scale: float) -> Box:
    x, y, w, h = box
    return x * scale, y * scale, w * scale, h * scale
