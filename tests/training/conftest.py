"""Small labelled pictures that a network can learn in seconds and that no shortcut gives away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from unmask.card import ModelCard
from unmask.datasets import Dataset
from unmask.training import Recipe, train

SIDE = 80
QUICK: dict[str, Any] = {"network.weights": "", "fit.epochs": 1, "fit.batch_size": 4, "data.per_epoch": 8}
"""What makes any recipe a matter of seconds."""


def stripes(fake: bool, rng: np.random.Generator) -> Image.Image:
    """Soft stripes among random patches: upright ones are real, level ones are fake; all else is drawn alike."""
    period, phase = rng.uniform(8, 14), rng.uniform(0, 2 * np.pi)
    wave = np.sin(2 * np.pi * np.arange(SIDE) / period + phase) * rng.uniform(30, 45)
    pattern = np.broadcast_to(wave[:, None] if fake else wave[None, :], (SIDE, SIDE))[..., None]
    coarse = rng.normal(0, 40, (16, 16, 1)).repeat(SIDE // 16, axis=0).repeat(SIDE // 16, axis=1)
    pixels = 128 + pattern + coarse + rng.normal(0, 8, (SIDE, SIDE, 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def write_pictures(folder: Path, count: int, rng: np.random.Generator) -> None:
    """`count` pictures of each class in `Real/` and `Fake/`."""
    for name, fake in (("Real", False), ("Fake", True)):
        (folder / name).mkdir(parents=True)
        for index in range(count):
            stripes(fake, rng).save(folder / name / f"{index:03}.jpg", quality=90)


def learner(**changes: Any) -> Recipe:
    """A recipe that learns in seconds which way the stripes run."""
    settings = {
        "preparation.size": 64,
        "fit.epochs": 4,
        "fit.batch_size": 16,
        "fit.ema": 0.8,
        "data.per_epoch": 64,
        "data.hold_out": 0.25,
        "augmentation.pristine": 1.0,
        "optimiser.learning_rate": 2e-3,
        "schedule.warmup": 0,
    }
    return Recipe.load("grain", **(settings | changes))


def quick_train(dataset: Dataset, recipe: Recipe, output: Path, **options: Any) -> ModelCard:
    return train(dataset, recipe, output=output, device="cpu", threads=1, workers=0, progress=False, **options)


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set with a training and a test split."""
    root = tmp_path_factory.mktemp("data") / "stripes"
    rng = np.random.default_rng(0)
    write_pictures(root / "Train", 40, rng)
    write_pictures(root / "Test", 8, rng)
    return root


@pytest.fixture(scope="session")
def few(pictures: Path) -> Dataset:
    """Half of the pictures, for runs of which only the end counts."""
    return Dataset.load(pictures).take(range(0, 96, 2))


@pytest.fixture(scope="session")
def trained(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that has learnt which way the stripes run."""
    folder = tmp_path_factory.mktemp("trained")
    quick_train(Dataset.load(pictures), learner(), folder, quantize=True)
    return folder


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    patch = pytest.MonkeyPatch()
    patch.setenv("UNMASK_CACHE", str(tmp_path_factory.mktemp("cache")))
    torch.set_num_threads(1)
