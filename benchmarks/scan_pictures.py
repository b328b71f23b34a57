"""Images for the scan benchmarks: different 256 px faces and 2-megapixel photographs, optionally some broken files."""

from __future__ import annotations

import csv
import os
import random
from importlib.resources import files
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter


def sources() -> list[Path]:
    """The images of the dataset that `UNMASK_DATA` names, or the bundled portrait."""
    if data := os.environ.get("UNMASK_DATA"):
        with (Path(data) / "manifest.csv").open(newline="") as file:
            return [Path(data) / row["file_name"] for row in csv.DictReader(file)]
    return [Path(str(files("unmask").joinpath("samples", "astronaut.jpg")))]


def faces(folder: Path, count: int, broken: float = 0.0) -> list[Path]:
    """Write images of 256 px: slightly different crops of the sources at varying JPEG quality.

    Args:
        folder: where they are written; existing files are kept.
        count: number of images.
        broken: share of files that are empty, no image or truncated.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chance, found = random.Random(0), sources()
    paths = []
    for number in range(count):
        path = folder / f"{number:06}.jpg"
        paths.append(path)
        if path.exists():
            continue
        with Image.open(found[number % len(found)]) as source:
            side = min(source.size) - chance.randint(0, 8)
            image = source.convert("RGB").resize((256, 256), Image.Resampling.BICUBIC, (0, 0, side, side))
        image.save(path, quality=chance.randint(70, 95))
        if chance.random() < broken:
            path.write_bytes(chance.choice([b"", b"no picture", path.read_bytes()[: chance.randint(100, 3000)]]))
    return paths


def photographs(folder: Path, count: int) -> list[Path]:
    """Write images of 2 megapixels: a face of about 600 px on a textured background, JPEG quality 90."""
    folder.mkdir(parents=True, exist_ok=True)
    chance, found = random.Random(1), sources()
    generator = np.random.default_rng(1)
    grain = Image.fromarray(generator.integers(96, 160, (1224, 1632, 3), np.uint8)).filter(
        ImageFilter.GaussianBlur(1.2)
    )
    paths = []
    for number in range(count):
        path = folder / f"{number:06}.jpg"
        paths.append(path)
        if path.exists():
            continue
        with Image.open(found[chance.randrange(len(found))]) as source:
            ground = source.convert("RGB").filter(ImageFilter.GaussianBlur(20)).resize(grain.size)
            face = source.convert("RGB").resize((600, 600), Image.Resampling.BICUBIC)
        image = Image.blend(ground, grain, 0.3)
        image.paste(face, (chance.randint(0, 1000), chance.randint(0, 600)))
        image.save(path, quality=90)
    return paths
