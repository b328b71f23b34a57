"""Full photographs with faces of a known class in known places, for `research/studies/photos.py`.

The labelled pictures are tight crops, of which the judged square hangs over by up to a quarter. So a face comes into a
photograph with its own surroundings: the crop is continued by its mirror image and fades into the photograph only
outside the judged square. No seam is ever judged, and real faces and fakes are treated alike. A face that the border of
its crop cuts would get a second forehead that way; such crops are only shown whole, as frames and in screenshots.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFilter

from research.common.face_scenes import photograph
from unmask.datasets import LabeledImage
from unmask.preprocessing import Box

MARGIN, FADE = 0.28, 0.12
"""How far a crop is continued unfaded, and how wide it fades, as shares of the face's longer side."""
CLEAR = 0.02
"""A face with less room to the border of its crop than this share of its longer side counts as cut."""
TWELVE = (4032, 3024)
SCREEN = (1080, 2340)
SENT = 1600
"""Long side in pixels to which messengers scale photographs."""
SIZES = tuple(round(40 * 1.5**step) for step in range(11))
"""Sides of faces in pixels, from 40 to 2307, which fills a photograph."""
FILTERS = (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A labelled picture with one face.

    Attributes:
        item: where it comes from and what it is.
        image: its RGB pixels.
        box: its face.
    """

    item: LabeledImage
    image: Image.Image
    box: Box

    @property
    def side(self) -> float:
        """The longer side of its face in pixels."""
        return max(self.box[2:])

    @property
    def uncut(self) -> bool:
        """Whether the border of the picture leaves the face uncut."""
        x, y, w, h = self.box
        return min(x, y, self.image.width - x - w, self.image.height - y - h) >= CLEAR * self.side


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """A photograph as people have it.

    Attributes:
        data: the file.
        boxes: of its subjects' faces, in the same order.
        size: width and height.
    """

    data: bytes
    boxes: tuple[Box, ...]
    size: tuple[int, int]


Make = Callable[[Sequence[Subject], int, Generator], Photo]
"""Subjects, their number in the series (it decides on sizes, so that all occur equally often), and chance."""


def composed(subjects: Sequence[Subject], number: int, rng: Generator) -> Photo:
    """Faces as they are, not scaled and not compressed, in a small photograph: what composing itself does."""
    del number
    return _saved(*_scene((1024, 768), subjects, [subject.side for subject in subjects], rng), None)


def phone(subjects: Sequence[Subject], number: int, rng: Generator) -> Photo:
    """One face of any size in a 12-megapixel photograph, JPEG quality 95."""
    return _saved(*_scene(_turned(TWELVE, rng), subjects, [SIZES[number % len(SIZES)]], rng), 95)


def sent(subjects: Sequence[Subject], number: int, rng: Generator) -> Photo:
    """A phone photograph after a messenger: long side 1,600 pixels, JPEG quality 75."""
    growth = max(TWELVE) / SENT
    sides = [min(SIZES[number % len(SIZES)] * growth, SIZES[-1])]
    return _sent(*_scene(_turned(TWELVE, rng), subjects, sides, rng))


def frame(subjects: Sequence[Subject], number: int, rng: Generator) -> Photo:
    """The whole crop as a large photograph, its long side 512 to 4,032 pixels, JPEG quality 90."""
    (subject,) = subjects
    longest = (512, 1024, 2048, 4032)[number % 4]
    scale = longest / max(subject.image.size)
    return _saved(*_enlarged(subject, scale, rng), 90)


def screenshot(subjects: Sequence[Subject], number: int, rng: Generator) -> Photo:
    """A phone's screen with the crop as a post, as a card or as a small picture in a list; half of them JPEGs."""
    (subject,) = subjects
    width = (1080, 720, 360, 180)[number % 4]
    image, boxes = _enlarged(subject, width / subject.image.width, rng)
    screen = _screen(rng)
    left = 0 if width == SCREEN[0] else int(rng.integers(40, SCREEN[0] - width - 39))
    top = int(rng.integers(320, 700))
    screen.paste(image, (left, top))
    return _saved(screen, [_moved(box, left, top) for box in boxes], None if number % 8 < 4 else 80)


def group(subjects: Sequence[Subject], number: int, rng: Generator) -> Photo:
    """Six people in a 12-megapixel photograph, JPEG quality 92; every other one after a messenger."""
    sides = [float(np.exp(rng.uniform(np.log(180), np.log(560)))) for _ in subjects]
    image, boxes = _scene(TWELVE, subjects, sides, rng)
    return _saved(image, boxes, 92) if number % 2 == 0 else _sent(image, boxes)


SINGLE: dict[str, Make] = {
    "composed": composed, "phone": phone, "sent": sent, "frame": frame, "screenshot": screenshot,
}  # fmt: skip
"""The kinds with one face each."""
SHOWN_WHOLE = frozenset({"frame", "screenshot"})
"""The kinds that show the crop with its borders, and so take faces that these cut."""
PEOPLE = 6
"""Faces in a group photograph."""


def _scene(
    size: tuple[int, int], subjects: Sequence[Subject], sides: Sequence[float], rng: Generator
) -> tuple[Image.Image, list[Box]]:
    """A photograph with the subjects in cells of a grid, their faces' longer sides as given where the cells allow."""
    image = photograph(size, rng)
    columns = 1 if len(subjects) == 1 else 3
    rows = -(-len(subjects) // columns)
    cell = size[0] / columns, size[1] / rows
    boxes = []
    for place, (subject, side) in enumerate(zip(subjects, sides, strict=True)):
        patch, mask, box = _continued(subject, side, rng)
        spare = cell[0] - patch.width, cell[1] - patch.height
        left = round(place % columns * cell[0] + spare[0] * (rng.random() if spare[0] > 0 else 0.5))
        top = round(place // columns * cell[1] + spare[1] * (rng.random() if spare[1] > 0 else 0.5))
        image.paste(patch, (left, top), mask)
        boxes.append(_moved(box, left, top))
    return image, boxes


def _continued(subject: Subject, side: float, rng: Generator) -> tuple[Image.Image, Image.Image, Box]:
    """The crop, continued by its mirror image and scaled; how opaque it is; its face's box."""
    solid, fade = round(MARGIN * subject.side), round(FADE * subject.side)
    around = solid + fade
    pixels = np.pad(np.asarray(subject.image), ((around, around), (around, around), (0, 0)), mode="symmetric")
    opaque = Image.new("L", (pixels.shape[1], pixels.shape[0]), 0)
    inset = fade / 2
    ImageDraw.Draw(opaque).rectangle((inset, inset, opaque.width - 1 - inset, opaque.height - 1 - inset), fill=255)
    soft = _ramp(opaque.filter(ImageFilter.BoxBlur(fade / 2)))
    scale = side / subject.side
    extent = max(8, round(opaque.width * scale)), max(8, round(opaque.height * scale))
    patch = Image.fromarray(pixels).resize(extent, _filter(rng))
    box = _moved(subject.box, around, around)
    return patch, soft.resize(extent, Image.Resampling.BILINEAR), _scaled(box, scale)


def _ramp(mask: Image.Image) -> Image.Image:
    """The mask with all that is nearly opaque made so."""
    values = np.asarray(mask, np.float64) / 250 * 255
    return Image.fromarray(np.minimum(values, 255).astype(np.uint8))


def _enlarged(subject: Subject, scale: float, rng: Generator) -> tuple[Image.Image, list[Box]]:
    size = round(subject.image.width * scale), round(subject.image.height * scale)
    return subject.image.resize(size, _filter(rng)), [_scaled(subject.box, scale)]


def _sent(image: Image.Image, boxes: Sequence[Box]) -> Photo:
    scale = SENT / max(image.size)
    size = round(image.width * scale), round(image.height * scale)
    shrunk = image.resize(size, Image.Resampling.LANCZOS)
    return _saved(shrunk, [_scaled(box, scale) for box in boxes], 75)


def _saved(image: Image.Image, boxes: Sequence[Box], quality: int | None) -> Photo:
    """The file: a JPEG, or a PNG where no quality is given."""
    buffer = io.BytesIO()
    if quality is None:
        image.save(buffer, "PNG", compress_level=1)
    else:
        image.save(buffer, "JPEG", quality=quality)
    return Photo(buffer.getvalue(), tuple(boxes), image.size)


def _screen(rng: Generator) -> Image.Image:
    """A phone's screen, light or dark, with a status bar, a name, lines of text and buttons."""
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


def _turned(size: tuple[int, int], rng: Generator) -> tuple[int, int]:
    """Landscape or portrait."""
    return size if rng.random() < 0.5 else (size[1], size[0])


def _filter(rng: Generator) -> Image.Resampling:
    return FILTERS[int(rng.integers(len(FILTERS)))]


def _moved(box: Box, left: float, top: float) -> Box:
    return box[0] + left, box[1] + top, box[2], box[3]


def _scaled(box: Box, scale: float) -> Box:
    x, y, w, h = box
    return x * scale, y * scale, w * scale, h * scale
