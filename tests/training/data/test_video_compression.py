from __future__ import annotations

import sys

import numpy as np
import pytest
from PIL import Image

from unmask.errors import MissingExtra
from unmask.preprocessing import Preprocessing
from unmask.training.augmentation_config import AugmentationConfig
from unmask.training.data.augment import augment
from unmask.training.data.video_compression import encode_as_video_frame


def test_an_encoded_image_keeps_its_place_and_loses_noise(portrait: Image.Image) -> None:
    noise = np.random.default_rng(0).normal(0, 6, (120, 91, 3))
    grainy = Image.fromarray((np.asarray(portrait.resize((91, 120)), float) + noise).clip(0, 255).astype(np.uint8))
    encoded = [encode_as_video_frame(grainy, np.random.default_rng(seed)) for seed in range(12)]
    assert {frame.size for frame in encoded} == {(91, 120)}, "odd sides are kept"
    assert np.array_equal(np.asarray(encoded[0]), np.asarray(encode_as_video_frame(grainy, np.random.default_rng(0))))

    def detail(image: Image.Image) -> float:
        return float(np.abs(np.diff(np.asarray(image, float), axis=1)).mean())

    assert all(detail(frame) < detail(grainy) for frame in encoded)
    for frame in encoded:
        here, moved = (np.corrcoef(np.ravel(np.roll(grainy, by, 1)), np.ravel(frame))[0, 1] for by in (0, 1))
        assert here > max(0.95, moved)


def test_a_missing_pyav_is_named(portrait: Image.Image, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtra, match=r"^augmentation\.video needs an optional part"):
        augment(
            portrait,
            (140.0, 40.0, 150.0, 180.0),
            Preprocessing(size=96),
            AugmentationConfig(video=1.0),
            np.random.default_rng(0),
        )
