"""A dataset of reddish fakes, and detectors that measure redness."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from unmask.datasets import Dataset, LabeledImage
from unmask.images import ImageSource, open_image
from unmask.verdict import Face, Label, ModelReference, Thresholds, Verdict


@dataclass
class RednessDetector:
    """Scores by mean redness, with noise; a picture without red has no face."""

    noise: float = 0.0
    model: ModelReference = field(default_factory=lambda: ModelReference("redness", "1", "ab" * 32))

    def predict(
        self,
        image: ImageSource,
        *,
        name: str | None = None,
        whole_picture: bool = False,
        stability: bool = True,
        flag_doubtful: bool = True,
    ) -> Verdict:
        picture = open_image(image, name=name)
        red, green, _ = np.asarray(picture.rgb()).mean(axis=(0, 1))
        rng = np.random.default_rng(zlib.crc32(f"{name}".encode()))
        probability = float(1 / (1 + np.exp(-(red - green) / 12 - self.noise * rng.normal())))
        thresholds = Thresholds(0.2, 0.8)
        size = picture.width, picture.height
        form = (picture.name, picture.sha256, *size, picture.format)
        if red < 3 and not whole_picture:
            return Verdict(*form, Label.NO_FACE, None, thresholds, (), self.model, 0.0)
        face = Face((0, 0, *size), thresholds.label(probability), probability)
        return Verdict(*form, face.label, probability, thresholds, (face,), self.model, 0.0)


@dataclass
class ConstantDetector(RednessDetector):
    """Gives every picture the same score."""

    score: float = 0.5

    def predict(self, image: ImageSource, **options: Any) -> Verdict:
        verdict = super().predict(image, **options)
        label = verdict.thresholds.label(self.score)
        return replace(verdict, label=label, probability_fake=self.score)


@pytest.fixture
def redness() -> RednessDetector:
    return RednessDetector()


@pytest.fixture
def guesser() -> RednessDetector:
    """A detector close to chance."""
    return RednessDetector(noise=6.0)


@pytest.fixture
def reds(tmp_path: Path) -> Dataset:
    """Two sources of 12 real and 12 fake pictures, 40 and 200 px wide."""
    rng = np.random.default_rng(0)
    items = []
    for source, side in (("small", 40), ("large", 200)):
        for number in range(24):
            fake = number % 2 == 1
            gray = rng.integers(60, 160, (8, 8, 1)).repeat(3, axis=2)
            gray[..., 0] += int(rng.integers(5, 60)) if fake else -int(rng.integers(0, 30))
            path = tmp_path / f"{source}-{number}.png"
            Image.fromarray(gray.clip(0, 255).astype(np.uint8)).resize((side, side)).save(path)
            items.append(
                LabeledImage(
                    path,
                    "fake" if fake else "real",
                    "valid",
                    source,
                    generator=f"{source} paint" if fake else None,
                    group=f"{source}{number // 4}",
                    name=path.name,
                )
            )
    return Dataset(tuple(items), "reds")
