from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from unmask.errors import MissingExtra
from unmask.preparing import Box
from unmask.training.augment import Augmentation, augment
from unmask.training.filming import film

BOX: Box = (140.0, 40.0, 150.0, 180.0)
NOTHING = Augmentation(
    margin=(1.3, 1.3), shift=0, flip=0, pristine=1, resize=0, jpeg=0, webp=0, blur=0, noise=0, colour=0, cutout=0
)


def one(image: Image.Image, settings: Augmentation, seed: int = 0) -> np.ndarray:
    return augment(image, BOX, 96, settings, np.random.default_rng(seed)).astype(float)


def test_the_seed_decides_everything(portrait: Image.Image) -> None:
    settings = Augmentation(tilt=0.5)
    assert np.array_equal(one(portrait, settings, 3), one(portrait, settings, 3))
    assert not np.array_equal(one(portrait, settings, 3), one(portrait, settings, 4))


@pytest.mark.parametrize(
    "change",
    [
        {"flip": 1.0},
        {"shift": 0.2},
        {"tilt": 1.0},
        {"harsh": 1.0},
        {"pristine": 0.0, "resize": 1.0},
        {"pristine": 0.0, "jpeg": 1.0},
        {"pristine": 0.0, "webp": 1.0},
        {"pristine": 0.0, "blur": 1.0},
        {"noise": 1.0},
        {"colour": 1.0},
        {"smooth": 1.0},
        {"video": 1.0},
        {"cutout": 1.0},
    ],
    ids=lambda change: next(reversed(change)),
)
def test_every_step_acts(portrait: Image.Image, change: dict[str, float]) -> None:
    plain = [one(portrait, NOTHING, seed) for seed in range(4)]
    changed = [one(portrait, replace(NOTHING, **change), seed) for seed in range(4)]
    gaps = [np.abs(a - b).mean() for a, b in zip(plain, changed, strict=True)]
    assert 0.2 < np.mean(gaps) < 80


def test_a_filmed_picture_stays_in_place_and_loses_its_noise(portrait: Image.Image) -> None:
    noise = np.random.default_rng(0).normal(0, 6, (120, 91, 3))
    grainy = Image.fromarray((np.asarray(portrait.resize((91, 120)), float) + noise).clip(0, 255).astype(np.uint8))
    filmed = [film(grainy, np.random.default_rng(seed)) for seed in range(12)]
    assert {frame.size for frame in filmed} == {(91, 120)}, "sides of an odd number of pixels stay so"
    assert np.array_equal(np.asarray(filmed[0]), np.asarray(film(grainy, np.random.default_rng(0))))

    def detail(image: Image.Image) -> float:
        return float(np.abs(np.diff(np.asarray(image, float), axis=1)).mean())

    assert all(detail(frame) < detail(grainy) for frame in filmed)
    for frame in filmed:
        here, moved = (np.corrcoef(np.ravel(np.roll(grainy, by, 1)), np.ravel(frame))[0, 1] for by in (0, 1))
        assert here > max(0.95, moved)


def test_filming_says_what_is_missing(portrait: Image.Image, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtra, match="filming pictures"):
        one(portrait, replace(NOTHING, video=1.0))


def test_tilting_keeps_the_middle_and_invents_no_black_border(portrait: Image.Image) -> None:
    grey = Image.new("RGB", portrait.size, (90, 120, 150))
    for seed in range(6):
        tilted = one(grey, replace(NOTHING, tilt=1.0, rotation=30.0, shear=10.0), seed)
        assert np.allclose(tilted, [90, 120, 150], atol=1)


def test_smoothing_flattens_pores_and_leaves_edges() -> None:
    noise = np.random.default_rng(0).normal(0, 6, (512, 512, 1))
    step = np.where(np.arange(512) < 215, 80, 170)[None, :, None]
    picture = Image.fromarray((step + noise).clip(0, 255).astype(np.uint8).repeat(3, axis=2))
    side, middle, left, kept = np.s_[:, 8:36], np.s_[:, 44:52], [], []
    for seed in range(6):
        plain, smooth = (one(picture, replace(NOTHING, smooth=share), seed) for share in (0.0, 1.0))
        left.append(smooth[side].std() / plain[side].std())
        kept.append(np.ptp(smooth[middle].mean(axis=0)) / np.ptp(plain[middle].mean(axis=0)))
    assert max(left) < 0.9
    assert np.mean(left) < 0.7
    assert min(kept) > 0.8


def test_degradation_works_in_the_crop_of_any_size(portrait: Image.Image) -> None:
    rough = replace(Augmentation(), pristine=0.0, resize=1.0, jpeg=1.0, webp=1.0, blur=1.0, tilt=1.0)
    for box in (BOX, (0.0, 0.0, 512.0, 512.0), (505.0, 505.0, 9.0, 9.0)):
        pixels = augment(portrait, box, 64, rough, np.random.default_rng(0))
        assert pixels.shape == (64, 64, 3)
        assert pixels.dtype == np.uint8
