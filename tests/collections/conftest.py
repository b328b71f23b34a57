"""Small labeled pictures that are easy to tell apart, and manifests of them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Manifest = Callable[..., Path]


def noise(seed: int, side: int = 96) -> Image.Image:
    """A picture of colored blocks; pictures of different seeds are no near duplicates."""
    blocks = np.random.default_rng(seed).integers(0, 255, (17, 17, 3), np.uint8)
    return Image.fromarray(blocks).resize((side, side), Image.Resampling.BICUBIC)


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    """Writes a manifest of pictures `(seed, label)`, with more columns for all rows."""

    def write(name: str, *pictures: tuple[int, str], **columns: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        path = folder / "manifest.csv"
        shared = {"source": "desk", "license": "internal"} | columns
        with path.open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, ["file_name", "label", *shared])
            table.writeheader()
            for seed, label in pictures:
                noise(seed).save(folder / f"{seed}.png")
                table.writerow({"file_name": f"{seed}.png", "label": label, **shared})
        return path

    return write
