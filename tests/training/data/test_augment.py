from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from unmask.preprocessing import Box, Preprocessing
from unmask.training.augmentation_config import AugmentationConfig
from unmask.training.data.augment import augment

BOX: Box = (140.0, 40.0, 150.0, 180.0)


NOTHING = AugmentationConfig(
    margin=(1.3, 1.3), shift=0, flip=0, undegraded=1, resize=0, jpeg=0, webp=0, blur=0, noise=0, color=0, cutout=0
)


def augmented(image: Image.Image, config: AugmentationConfig, seed: int = 0) -> np.ndarray:
    return augment(image, BOX, Preprocessing(size=96), config, np.random.default_rng(seed)).astype(float)


def test_the_seed_determines_the_pixels(portrait: Image.Image) -> None:
    config = AugmentationConfig(tilt=0.5)
    assert np.array_equal(augmented(portrait, config, 3), augmented(portrait, config, 3))
    assert not np.array_equal(augmented(portrait, config, 3), augmented(portrait, config, 4))


@pytest.mark.parametrize(
    "change",
    [
        {"flip": 1.0},
        {"shift": 0.2},
        {"tilt": 1.0},
        {"low_quality": 1.0},
        {"undegraded": 0.0, "resize": 1.0},
        {"undegraded": 0.0, "jpeg": 1.0},
        {"undegraded": 0.0, "webp": 1.0},
        {"undegraded": 0.0, "blur": 1.0},
        {"noise": 1.0},
        {"color": 1.0},
        {"smooth": 1.0},
        {"video": 1.0},
        {"cutout": 1.0},
    ],
    ids=lambda change: next(reversed(change)),
)
def test_every_step_changes_the_pixels(portrait: Image.Image, change: dict[str, float]) -> None:
    plain = [augmented(portrait, NOTHING, seed) for seed in range(4)]
    changed = [augmented(portrait, replace(NOTHING, **change), seed) for seed in range(4)]
    gaps = [np.abs(a - b).mean() for a, b in zip(plain, changed, strict=True)]
    assert 0.2 < np.mean(gaps) < 80


def test_tilting_adds_no_black_border(portrait: Image.Image) -> None:
    gray = Image.new("RGB", portrait.size, (90, 120, 150))
    for seed in range(6):
        tilted = augmented(gray, replace(NOTHING, tilt=1.0, rotation=30.0, shear=10.0), seed)
        assert np.allclose(tilted, [90, 120, 150], atol=1)


def test_smoothing_removes_noise_and_keeps_edges() -> None:
    noise = np.random.default_rng(0).normal(0, 6, (512, 512, 1))
    step = np.where(np.arange(512) < 215, 80, 170)[None, :, None]
    picture = Image.fromarray((step + noise).clip(0, 255).astype(np.uint8).repeat(3, axis=2))
    side, middle, left, kept = np.s_[:, 8:36], np.s_[:, 44:52], [], []
    for seed in range(6):
        plain, smooth = (augmented(picture, replace(NOTHING, smooth=share), seed) for share in (0.0, 1.0))
        left.append(smooth[side].std() / plain[side].std())
        kept.append(np.ptp(smooth[middle].mean(axis=0)) / np.ptp(plain[middle].mean(axis=0)))
    assert max(left) < 0.9
    assert np.mean(left) < 0.7
    assert min(kept) > 0.8


def test_crops_of_any_size_are_degraded(portrait: Image.Image) -> None:
    rough = replace(AugmentationConfig(), undegraded=0.0, resize=1.0, jpeg=1.0, webp=1.0, blur=1.0, tilt=1.0)
    for box in (BOX, (0.0, 0.0, 512.0, 512.0), (505.0, 505.0, 9.0, 9.0)):
        pixels = augment(portrait, box, Preprocessing(size=64), rough, np.random.default_rng(0))
        assert pixels.shape == (64, 64, 3)
        assert pixels.dtype == np.uint8
