"""Rebuilt pictures as files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator
from PIL import Image

from unmask.datasets import Item
from unmask.preparing import whole
from unmask.training.boxes import Boxes, open_rgb
from unmask.training.fakes import paste_region
from unmask.training.rebuilding.network import AutoEncoder, rebuild

GENERATOR = "autoencoder-"
"""What the manifest's column `generator` begins with; the design follows."""


def choose(items: Sequence[Item], count: int, rng: Generator) -> list[Item]:
    """`count` pictures, of each source alike as far as they go."""
    sources = sorted({item.source for item in items})
    chosen: list[Item] = []
    for place, source in enumerate(sources):
        there = [item for item in items if item.source == source]
        share = (count - len(chosen)) // (len(sources) - place)
        chosen += [there[index] for index in rng.permutation(len(there))[:share]]
    return chosen


def write(
    items: Iterable[Item], boxes: Boxes, network: AutoEncoder, name: str, folder: Path, weight: float, rng: Generator
) -> list[Item]:
    """Rebuild each picture, all of it or a soft part of its face, and save it as it was saved.

    The new pictures keep source, split and group of the old ones, so that neither the source nor the encoding tells
    them apart and no group is divided.

    Returns:
        The new pictures, as fakes of the generator `autoencoder-NAME`.
    """
    made: list[Item] = []
    for number, item in enumerate(items):
        image = open_rgb(item)
        rebuilt = Image.fromarray(rebuild(network, torch.from_numpy(np.asarray(image)[None].copy()))[0].numpy())
        if rng.random() < 0.4:
            rebuilt = paste_region((image, boxes.get(item.name) or whole(*image.size)), rebuilt, rng)
        path = folder / name / f"{number:05d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        _save_like(rebuilt, item.path, path)
        known_as = path.relative_to(folder).as_posix()
        made.append(replace(item, path=path, label="fake", generator=GENERATOR + name, weight=weight, name=known_as))
    return made


def _save_like(image: Image.Image, model: Path, path: Path) -> None:
    """As JPEG, with the quantisation tables of the file `model` where it is one, else at quality 90."""
    with Image.open(model) as opened:
        tables = getattr(opened, "quantization", None)
    image.save(path, "JPEG", **({"qtables": tables} if tables else {"quality": 90}))
