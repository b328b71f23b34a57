"""Pictures without a face, from a folder of any pictures: what a face finder must learn to pass over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.random import Generator
from PIL import Image

from research.facefinder.annotated_images import Picture
from research.facefinder.yunet import Teacher
from unmask.errors import ImageError
from unmask.images import open_image

SIDE = 320
"""Longest side of a piece in pixels."""
PIECES = 10
"""At most this many pieces of one picture."""
DOUBT = 0.35
"""Pieces in which the teacher sees a face with this score or more are left out."""


def load_faceless(folder: Path, teacher: Teacher, seed: int, note: Callable[[str], None]) -> list[Picture]:
    """Pieces of all pictures below a folder, without those that may show a face.

    Args:
        folder: photographs, textures, drawings; files that are no pictures are passed over.
        teacher: says what may be a face.
        seed: of the pieces.
        note: told how many there are.
    """
    pictures: list[Picture] = []
    doubtful = 0
    for number, path in enumerate(sorted(path for path in folder.rglob("*") if path.is_file())):
        try:
            image = open_image(path).rgb()
        except ImageError:
            continue
        for piece in _pieces(image, np.random.default_rng((seed, number))):
            if len(teacher.find(piece, DOUBT)):
                doubtful += 1
            else:
                pictures.append(Picture.of(piece, np.empty((0, 15), np.float32)))
    note(f"faceless: {len(pictures)} pieces, {doubtful} left out")
    return pictures


def _pieces(image: Image.Image, rng: Generator) -> list[Image.Image]:
    """The picture, and of a large one some squares of it, each of at most `SIDE` pixels."""
    short = min(image.size)
    pieces = [image]
    for _ in range(min(PIECES, image.width * image.height // SIDE**2)):
        side = round(float(np.exp(rng.uniform(np.log(min(200, short)), np.log(short)))))
        left, top = int(rng.integers(image.width - side + 1)), int(rng.integers(image.height - side + 1))
        pieces.append(image.crop((left, top, left + side, top + side)))
    for piece in pieces:
        piece.thumbnail((SIDE, SIDE), Image.Resampling.BOX if max(piece.size) > 4 * SIDE else Image.Resampling.BICUBIC)
    return [piece for piece in pieces if min(piece.size) >= 32]
