from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.training.conftest import random_pixels
from unmask.errors import TrainingError
from unmask.training.export.parity import check_parity
from unmask.training.models.factory import create_model


def test_parity_is_measured_and_a_wrong_file_is_caught(grain_network: torch.nn.Module, grain_file: Path) -> None:
    assert check_parity(grain_network, grain_file, random_pixels(4)) < 1e-5
    other = create_model("grain").eval()
    with pytest.raises(TrainingError, match="differs from the network by"):
        check_parity(other, grain_file, random_pixels(4))
