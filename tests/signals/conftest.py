"""Pictures that several tests of the signals share."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="session")
def natural() -> Image.Image:
    """Noise whose power falls with frequency as in photographs, 512 px square."""
    generator = np.random.default_rng(1)
    spectrum = np.fft.rfft2(generator.standard_normal((512, 512)))
    radius = np.hypot(np.fft.fftfreq(512)[:, None], np.fft.rfftfreq(512)[None, :])
    gray = np.fft.irfft2(spectrum / np.maximum(radius, 1 / 512) ** 1.3)
    gray = 128 + 40 * gray / gray.std()
    return Image.fromarray(np.clip(gray, 0, 255).astype(np.uint8)).convert("RGB")


@pytest.fixture(scope="session")
def clean(portrait: Image.Image) -> Image.Image:
    """A photograph whose traces of earlier saves were removed by scaling."""
    return portrait.resize((400, 400), Image.Resampling.LANCZOS)
