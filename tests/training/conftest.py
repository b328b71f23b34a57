"""Shared by the tests of training: small labeled images, a recipe that learns them in seconds, and trained models."""

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
from unmask.training.export.onnx import export
from unmask.training.models import mobilenetv2
from unmask.training.models.factory import create_model

SIDE = 80
QUICK: dict[str, Any] = {"network.weights": "", "fit.epochs": 1, "fit.batch_size": 4, "data.per_epoch": 8}
"""Changes with which any recipe trains in seconds."""


def stripes(fake: bool, rng: np.random.Generator) -> Image.Image:
    """Soft stripes among random patches: vertical in real images, horizontal in fake ones; all else is alike."""
    period, phase = rng.uniform(8, 14), rng.uniform(0, 2 * np.pi)
    wave = np.sin(2 * np.pi * np.arange(SIDE) / period + phase) * rng.uniform(30, 45)
    pattern = np.broadcast_to(wave[:, None] if fake else wave[None, :], (SIDE, SIDE))[..., None]
    coarse = rng.normal(0, 40, (16, 16, 1)).repeat(SIDE // 16, axis=0).repeat(SIDE // 16, axis=1)
    pixels = 128 + pattern + coarse + rng.normal(0, 8, (SIDE, SIDE, 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def write_pictures(folder: Path, count: int, rng: np.random.Generator) -> None:
    """`count` images of each class in `Real/` and `Fake/`."""
    for name, fake in (("Real", False), ("Fake", True)):
        (folder / name).mkdir(parents=True)
        for index in range(count):
            stripes(fake, rng).save(folder / name / f"{index:03}.jpg", quality=90)


def learner(**changes: Any) -> Recipe:
    """A recipe that learns the direction of the stripes in seconds."""
    settings = {
        "preprocessing.size": 64,
        "fit.epochs": 4,
        "fit.batch_size": 16,
        "fit.ema": 0.8,
        "fit.monitor": "auc",
        "data.per_epoch": 64,
        "data.hold_out": 0.25,
        "augmentation.undegraded": 1.0,
        "optimizer.learning_rate": 2e-3,
        "schedule.warmup": 0,
    }
    return Recipe.load("grain", **(settings | changes))


def quick_train(dataset: Dataset, recipe: Recipe, output: Path, **options: Any) -> ModelCard:
    return train(dataset, recipe, output=output, device="cpu", threads=1, workers=0, progress=False, **options)


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset with a training and a test split."""
    root = tmp_path_factory.mktemp("data") / "stripes"
    rng = np.random.default_rng(0)
    write_pictures(root / "Train", 40, rng)
    write_pictures(root / "Test", 8, rng)
    return root


@pytest.fixture(scope="session")
def few(pictures: Path) -> Dataset:
    """Half of the images, for runs whose figures do not matter."""
    return Dataset.load(pictures).take(range(0, 96, 2))


@pytest.fixture(scope="session")
def trained(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of a run that learned the direction of the stripes."""
    folder = tmp_path_factory.mktemp("trained")
    quick_train(Dataset.load(pictures), learner(), folder, quantize=True)
    return folder


@pytest.fixture(scope="session")
def quick_run(few: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of a run of one epoch."""
    folder = tmp_path_factory.mktemp("quick")
    quick_train(few, learner(**QUICK), folder, force=True)
    return folder


def random_pixels(count: int, size: int = 64) -> np.ndarray:
    """Input of a model file, `[count, size, size, 3]`."""
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


@pytest.fixture(scope="session")
def grain_network() -> torch.nn.Module:
    """A network with random weights."""
    torch.manual_seed(0)
    return create_model("grain").eval()


@pytest.fixture(scope="session")
def grain_file(grain_network: torch.nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`grain_network` exported for 64 px, without a card."""
    path = tmp_path_factory.mktemp("grain") / "model.onnx"
    export(grain_network, 64, path)
    return path


def small_mobilenet() -> torch.nn.Module:
    """MobileNetV2 with one block in each stage: a network without batch norm."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mobilenetv2, "STAGES", [(*stage[:2], 1, stage[3]) for stage in mobilenetv2.STAGES])
        return create_model("mobilenetv2")


@pytest.fixture(scope="session")
def mobilenet_network() -> torch.nn.Module:
    """`small_mobilenet` with random weights."""
    torch.manual_seed(0)
    return small_mobilenet().eval()


@pytest.fixture(scope="session")
def mobilenet_file(mobilenet_network: torch.nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`mobilenet_network` exported for 32 px, half the size of `trained`, without a card."""
    path = tmp_path_factory.mktemp("mobilenet") / "model.onnx"
    export(mobilenet_network, 32, path)
    return path


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    patch = pytest.MonkeyPatch()
    patch.setenv("UNMASK_CACHE", str(tmp_path_factory.mktemp("cache")))
    torch.set_num_threads(1)
