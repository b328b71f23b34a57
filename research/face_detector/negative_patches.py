"""Patches without faces, cut from a folder of photographs, textures and drawings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.random import Generator
from PIL import Image

from research.face_detector.annotated_images import AnnotatedImage
from research.face_detector.yunet import YuNet
from unmask.errors import ImageError
from unmask.images import open_image

SIDE = 320
"""Longest side of a patch in pixels."""
MAX_CROPS = 10
"""Largest number of crops of one image."""
MAX_SCORE = 0.35
"""A patch is dropped if the reference detector finds a face with this score or more."""


def load_negative_patches(
    folder: Path, reference: YuNet, seed: int, log: Callable[[str], None]
) -> list[AnnotatedImage]:
    """Patches of all images in a folder and its subfolders, except those that may show a face.

    Args:
        folder: any images; files that are not images are skipped.
        reference: finds possible faces.
        seed: random seed of the crops.
        log: receives the number of patches.
    """
    patches: list[AnnotatedImage] = []
    dropped = 0
    for number, path in enumerate(sorted(path for path in folder.rglob("*") if path.is_file())):
        try:
            image = open_image(path).rgb()
        except ImageError:
            continue
        for patch in _patches(image, np.random.default_rng((seed, number))):
            if len(reference.find(patch, MAX_SCORE)):
                dropped += 1
            else:
                patches.append(AnnotatedImage.from_image(patch, np.empty((0, 15), np.float32)))
    log(f"{len(patches):,} negative patches; {dropped:,} dropped because they may show a face")
    return patches


def _patches(image: Image.Image, rng: Generator) -> list[Image.Image]:
    """The image, and square crops of a large image, scaled down to at most `SIDE` pixels."""
    short = min(image.size)
    patches = [image]
    for _ in range(min(MAX_CROPS, image.width * image.height // SIDE**2)):
        side = round(float(np.exp(rng.uniform(np.log(min(200, short)), np.log(short)))))
        left, top = int(rng.integers(image.width - side + 1)), int(rng.integers(image.height - side + 1))
        patches.append(image.crop((left, top, left + side, top + side)))
    for patch in patches:
        patch.thumbnail((SIDE, SIDE), Image.Resampling.BOX if max(patch.size) > 4 * SIDE else Image.Resampling.BICUBIC)
    return [patch for patch in patches if min(patch.size) >= 32]
