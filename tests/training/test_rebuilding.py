"""Auto-encoders of our own: what they rebuild, and the data set that comes of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from unmask.datasets import Dataset
from unmask.training.rebuilding.loop import Schedule, learn
from unmask.training.rebuilding.network import DESIGNS, AutoEncoder, rebuild


@pytest.mark.parametrize("name", DESIGNS)
def test_a_picture_of_any_size_comes_back_in_its_size(name: str) -> None:
    pictures = torch.randint(0, 256, (2, 61, 90, 3), dtype=torch.uint8)
    rebuilt = rebuild(AutoEncoder(DESIGNS[name]).eval(), pictures)
    assert rebuilt.shape == pictures.shape
    assert rebuilt.dtype == torch.uint8


def test_training_brings_the_rebuilt_picture_closer(pictures: Path) -> None:
    reals = Dataset.load(pictures).where(label="real", split="train").items
    heard: list[str] = []
    schedule = Schedule(steps=60, batch=4, side=64, alone=0.8)
    network = learn(reals, DESIGNS["bilinear"], schedule, heard.append)
    shown = torch.stack([_pixels(item.path) for item in reals[:8]])
    assert _distance(network, shown) < 0.6 * _distance(AutoEncoder(DESIGNS["bilinear"]).eval(), shown)


def test_the_command_writes_fakes_that_neither_group_nor_encoding_gives_away(pictures: Path, tmp_path: Path) -> None:
    options = ["--out", tmp_path, "--designs", "nearest", "--count", "5", "--steps", "2", "--weight", "0.5"]
    command = [sys.executable, "-m", "unmask.training.rebuilding", pictures, *options]
    subprocess.run(list(map(str, command)), check=True, capture_output=True, timeout=300)
    before, after = Dataset.load(pictures), Dataset.load(tmp_path)
    made = after.where(generator="autoencoder-nearest").items
    assert len(after) == len(before) + 5
    assert {item.name for item in before} <= {item.name for item in after}
    assert {(item.label, item.split, item.weight) for item in made} == {("fake", "train", 0.5)}
    assert {item.source for item in made} == set(before.sources)
    original = before.where(label="real").items[0].path
    with Image.open(made[0].path) as new, Image.open(original) as old:
        assert new.size == old.size
        assert new.quantization == old.quantization


def _pixels(path: Path) -> torch.Tensor:
    with Image.open(path) as image:
        return torch.frombuffer(bytearray(image.convert("RGB").tobytes()), dtype=torch.uint8).view(*image.size[::-1], 3)


def _distance(network: AutoEncoder, pictures: torch.Tensor) -> float:
    return float((rebuild(network, pictures).float() - pictures.float()).abs().mean())
