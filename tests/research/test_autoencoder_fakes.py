"""Fakes by autoencoders: reconstruction, training, and the dataset that the command writes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from research.autoencoder_fakes.loop import AutoEncoderConfig, train_autoencoder
from research.autoencoder_fakes.network import DESIGNS, AutoEncoder, rebuild
from research.autoencoder_fakes.pretrained import NAME, PretrainedAutoEncoder
from unmask.datasets import Dataset


@pytest.mark.parametrize("name", DESIGNS)
def test_a_reconstruction_has_the_size_of_its_image(name: str) -> None:
    images = torch.randint(0, 256, (2, 61, 90, 3), dtype=torch.uint8)
    rebuilt = rebuild(AutoEncoder(DESIGNS[name]).eval(), images)
    assert rebuilt.shape == images.shape
    assert rebuilt.dtype == torch.uint8


def test_training_reduces_the_reconstruction_error(pictures: Path) -> None:
    reals = Dataset.load(pictures).where(label="real", split="train").items
    lines: list[str] = []
    config = AutoEncoderConfig(steps=60, batch=4, side=64, critic_start=0.8)
    network = train_autoencoder(reals, DESIGNS["bilinear"], config, lines.append)
    assert len(lines) == 1
    assert lines[0].startswith("step 60/60  error in gray levels ")
    shown = torch.stack([_pixels(item.path) for item in reals[:8]])
    assert _distance(network, shown) < 0.6 * _distance(AutoEncoder(DESIGNS["bilinear"]).eval(), shown)


def test_fakes_keep_the_group_and_encoding_of_their_originals(pictures: Path, tmp_path: Path) -> None:
    options = ["--out", tmp_path, "--designs", "nearest", "--count", "5", "--steps", "2", "--weight", "0.5"]
    command = [sys.executable, "-m", "research.autoencoder_fakes", pictures, *options]
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


def test_the_pretrained_autoencoder_reads_its_two_files(tmp_path: Path) -> None:
    torch.manual_seed(2)
    network = PretrainedAutoEncoder()
    for part in ("encoder", "decoder"):
        torch.save(getattr(network, part).half().state_dict(), tmp_path / f"{NAME}_{part}.pth")
    loaded = PretrainedAutoEncoder.load(tmp_path)
    images = torch.randint(0, 256, (1, 40, 36, 3), dtype=torch.uint8)
    rebuilt = rebuild(loaded, images)
    assert rebuilt.shape == images.shape
    assert torch.equal(rebuilt, rebuild(network.float().eval(), images))
