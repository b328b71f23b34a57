from __future__ import annotations

import pytest

from unmask.training.importing.normalization import normalization_from_config


def test_normalization_is_read_from_a_preprocessor_config() -> None:
    config = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
    assert normalization_from_config(config).scale == pytest.approx(1 / 255)
    assert normalization_from_config(config).mean == (0.485, 0.456, 0.406)
    assert normalization_from_config({"do_rescale": False, "do_normalize": False}).scale == 1.0
    assert normalization_from_config({"image_mean": [0.5], "image_std": [0.25]}).mean == (0.5, 0.5, 0.5)
