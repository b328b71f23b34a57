"""The known detector, a face for it, and one explanation by a shipped model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.explaining.known import SIDE, KnownDetector
from unmask import Detector
from unmask.explaining import Explanation, explain


@pytest.fixture
def known() -> KnownDetector:
    return KnownDetector()


@pytest.fixture
def face() -> NDArray[np.uint8]:
    """Tiles of different colors with detail everywhere."""
    generator = np.random.default_rng(0)
    tiles = generator.integers(60, 196, (7, 7, 3)).repeat(16, 0).repeat(16, 1)
    return (tiles + generator.integers(-50, 50, (SIDE, SIDE, 1))).astype(np.uint8)


@pytest.fixture(scope="session")
def explanation(detector: Detector, astronaut: Path) -> Explanation:
    return explain(detector, astronaut)
