"""Writes reconstructions of real images as files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator
from PIL import Image
from torch import nn

from research.autoencoder_fakes.network import rebuild
from unmask.datasets import LabeledImage
from unmask.preprocessing import full_frame
from unmask.training.data.face_box_cache import FaceBoxes, open_rgb
from unmask.training.data.pseudo_fakes import paste_region

GENERATOR = "autoencoder-"
"""Prefix of the manifest column `generator`, before the name of the design."""


def choose(items: Sequence[LabeledImage], count: int, rng: Generator) -> list[LabeledImage]:
    """`count` random images, the same number of each source as far as possible."""
    sources = sorted({item.source for item in items})
    chosen: list[LabeledImage] = []
    for index, source in enumerate(sources):
        members = [item for item in items if item.source == source]
        share = (count - len(chosen)) // (len(sources) - index)
        chosen += [members[number] for number in rng.permutation(len(members))[:share]]
    return chosen


def write_fakes(
    items: Iterable[LabeledImage],
    boxes: FaceBoxes,
    network: nn.Module,
    name: str,
    folder: Path,
    weight: float,
    rng: Generator,
) -> list[LabeledImage]:
    """Write the reconstruction of each image, or of a soft part of its face, with the JPEG encoding of the image.

    A fake keeps source, split and group of its image, so that neither source nor encoding is a shortcut and groups stay
    in one split.

    Args:
        items: real images.
        boxes: their face boxes.
        network: reconstructs them.
        name: name of the network's design; also the subfolder of the fakes.
        folder: folder of the new dataset.
        weight: sampling weight of a fake.
        rng: decides which fakes are reconstructed in part.

    Returns:
        The fakes, with the generator `autoencoder-NAME`.
    """
    made: list[LabeledImage] = []
    for number, item in enumerate(items):
        image = open_rgb(item)
        rebuilt = Image.fromarray(rebuild(network, torch.from_numpy(np.asarray(image)[None].copy()))[0].numpy())
        if rng.random() < 0.4:
            rebuilt = paste_region((image, boxes.get(item.name) or full_frame(*image.size)), rebuilt, rng)
        path = folder / name / f"{number:05d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        _save_like(rebuilt, item.path, path)
        known_as = path.relative_to(folder).as_posix()
        made.append(replace(item, path=path, label="fake", generator=GENERATOR + name, weight=weight, name=known_as))
    return made


def _save_like(image: Image.Image, model: Path, path: Path) -> None:
    """Save as JPEG, with the quantization tables of the JPEG file `model`, or at quality 90."""
    with Image.open(model) as opened:
        tables = getattr(opened, "quantization", None)
    image.save(path, "JPEG", **({"qtables": tables} if tables else {"quality": 90}))
