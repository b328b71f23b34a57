"""Every shipped recipe trains a model file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.conftest import QUICK, quick_train
from unmask.datasets import Dataset
from unmask.detector import Detector
from unmask.training import Recipe
from unmask.training.config_io import recipe_names
from unmask.training.models import mobilenetv2, xception

SIZES = {"cnn7-bn": 128, "xception": 80, "xception-frozen": 80}


SHORT_MOBILENET = (mobilenetv2, "STAGES", [(*stage[:2], 1, stage[3]) for stage in mobilenetv2.STAGES])
SHORT_XCEPTION = (xception, "BLOCKS", [*xception.BLOCKS[:4], xception.BLOCKS[-1]])
FEWER_BLOCKS = dict.fromkeys(("blended", "default", "mobilenetv2"), SHORT_MOBILENET) | dict.fromkeys(
    ("xception", "xception-frozen"), SHORT_XCEPTION
)
"""Fewer blocks make these recipes faster; at least one block of each kind remains."""

QUICK_NAMES = ("blended", "cnn3")
"""Recipes of the two kinds of training data; the tests marked slow train the others."""


@pytest.mark.integration
@pytest.mark.parametrize(
    "name", [name if name in QUICK_NAMES else pytest.param(name, marks=pytest.mark.slow) for name in recipe_names()]
)
def test_every_recipe_trains_a_model_file(
    name: str, few: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name in FEWER_BLOCKS:
        monkeypatch.setattr(*FEWER_BLOCKS[name])
    recipe = Recipe.load(name, **QUICK, **{"preprocessing.size": SIZES.get(name, 64), "fit.tiers": ["clean"]})
    card = quick_train(few, recipe, tmp_path, force=True)
    detector = Detector.load(tmp_path / "model.onnx", threads=1)
    assert detector.card == card
    assert card.name == name
    assert card.metrics["dataset"]["pictures"] == len(few.subset("test"))
    verdict = detector.predict(few.items[0].path, whole_picture=True)
    assert verdict.probability_fake is not None
