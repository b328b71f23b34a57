"""Folders of faces on different backgrounds, in which every second picture is a fake of a made-up kind."""

from __future__ import annotations

import csv
from pathlib import Path

from PIL import Image

from tests.collections.conftest import noise

SIDE = 150
"""Side of the faces."""


def tinted(face: Image.Image, strength: float = 0.08) -> Image.Image:
    """The face with a green tint."""
    return Image.blend(face, Image.new("RGB", face.size, (0, 160, 60)), strength)


def write_faces(
    folder: Path, real: Image.Image, fake: Image.Image, numbers: range, *, source: str = "desk", kind: str = "tint"
) -> Path:
    """Write a picture for each number, and `manifest.csv`; odd numbers are fakes."""
    folder.mkdir(exist_ok=True)
    with (folder / "manifest.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("file_name", "label", "source", "generator"))
        for number in numbers:
            canvas = noise(number, 256)
            canvas.paste(fake if number % 2 else real, (number * 13 % 100, number * 29 % 100))
            canvas.save(folder / f"{number}.png", compress_level=1)
            table.writerow((f"{number}.png", "fake" if number % 2 else "real", source, kind if number % 2 else ""))
    return folder
