"""Fakes with a known forged region: part of a real face replaced by the same part of another real face.

Both faces come from the same source. A soft-edged ellipse around a feature (an eye, both eyes, nose, mouth, a cheek or
the forehead) is cut from the donor, fitted to the face box of the receiver, matched in color and blended in.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from unmask import Detector, open_image
from unmask.preprocessing import Box

FEATURES: dict[str, tuple[float, float, float, float]] = {
    "eyes": (0.50, 0.38, 0.42, 0.13),
    "left eye": (0.30, 0.38, 0.18, 0.12),
    "right eye": (0.70, 0.38, 0.18, 0.12),
    "nose": (0.50, 0.55, 0.16, 0.18),
    "mouth": (0.50, 0.77, 0.27, 0.13),
    "left cheek": (0.25, 0.62, 0.18, 0.18),
    "right cheek": (0.75, 0.62, 0.18, 0.18),
    "forehead": (0.50, 0.17, 0.35, 0.13),
}
"""Center and semi-axes of each ellipse, as shares of the face box."""


@dataclass(frozen=True, slots=True, eq=False)
class LocalSwap:
    """A fake with its forged region.

    Attributes:
        image: the RGB image.
        mask: forged share of each pixel, 0 to 1, `[height, width]`.
        box: face box of the receiver.
        feature: name of the replaced part.
        source: dataset source of both faces.
    """

    image: Image.Image
    mask: NDArray[np.float32]
    box: Box
    feature: str
    source: str


def local_swaps(data: Path, detector: Detector, count: int, *, split: str, seed: int) -> Iterator[LocalSwap]:
    """Make `count` fakes from the real faces of a split, the same number from each source."""
    chance = random.Random(seed)
    names = real_names(data, split)
    sources = list(names)
    made = 0
    while made < count:
        source = sources[made % len(sources)]
        receiver, donor = (face_of(data / name, detector) for name in chance.sample(names[source], 2))
        if receiver is None or donor is None:
            continue
        feature = chance.choice(sorted(FEATURES))
        image, mask = swap_feature(receiver, donor, feature, chance)
        yield LocalSwap(image, mask, receiver[1], feature, source)
        made += 1


def real_names(data: Path, split: str) -> dict[str, list[str]]:
    """File names of the real images of a split by source, in the order of the manifest."""
    with (data / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == split and row["label"] == "real"]
    sources = sorted({row["source"] for row in rows})
    return {source: [row["file_name"] for row in rows if row["source"] == source] for source in sources}


def face_of(path: Path, detector: Detector) -> tuple[Image.Image, Box] | None:
    """An image and the box of its largest face; None if that face is smaller than 64 pixels."""
    picture = open_image(path)
    boxes = detector.locate_faces(picture).boxes
    return (picture.rgb(), boxes[0]) if boxes and min(boxes[0][2:]) >= 64 else None


def swap_feature(
    receiver: tuple[Image.Image, Box], donor: tuple[Image.Image, Box], feature: str, chance: random.Random
) -> tuple[Image.Image, NDArray[np.float32]]:
    """The receiver with one feature of the donor, and the forged share of each pixel."""
    image, box = receiver
    other = fitted(donor, box, image.size)
    mask = feature_mask(image.size, box, FEATURES[feature], chance)
    pasted = _match_color(np.asarray(other, np.float32), np.asarray(image, np.float32), mask)
    share = mask[..., None]
    blend = share * pasted + (1 - share) * np.asarray(image, np.float32)
    return Image.fromarray(np.clip(np.rint(blend), 0, 255).astype(np.uint8)), mask


def fitted(donor: tuple[Image.Image, Box], box: Box, size: tuple[int, int]) -> Image.Image:
    """The donor's image moved and scaled so that its face box coincides with `box`."""
    image, (x, y, w, h) = donor
    across, down = w / box[2], h / box[3]
    matrix = (across, 0.0, x - box[0] * across, 0.0, down, y - box[1] * down)
    return image.transform(size, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC)


def feature_mask(
    size: tuple[int, int], box: Box, ellipse: tuple[float, float, float, float], chance: random.Random
) -> NDArray[np.float32]:
    """A soft-edged ellipse inside the face box as an opacity mask, `[height, width]` in 0…1."""
    x, y, w, h = box
    center_x, center_y, half_x, half_y = ellipse
    grow, soft = chance.uniform(0.85, 1.15), chance.uniform(0.01, 0.04)
    mask = Image.new("L", size)
    left, top = x + (center_x - half_x * grow) * w, y + (center_y - half_y * grow) * h
    right, bottom = x + (center_x + half_x * grow) * w, y + (center_y + half_y * grow) * h
    ImageDraw.Draw(mask).ellipse((left, top, right, bottom), fill=255)
    blurred = mask.filter(ImageFilter.GaussianBlur(soft * max(w, h)))
    return np.asarray(blurred, dtype=np.float32) / np.float32(255)


def _match_color(
    pasted: NDArray[np.float32], ground: NDArray[np.float32], mask: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Give the pasted part the mean and spread of each color that the receiver has there (Reinhard et al., 2001)."""
    inside = mask > 0.5
    if not inside.any():
        return pasted
    ours, theirs = pasted[inside], ground[inside]
    gain = np.clip((theirs.std(0) + 1) / (ours.std(0) + 1), 0.6, 1.6)
    return np.asarray((pasted - ours.mean(0)) * gain + theirs.mean(0), dtype=np.float32)
