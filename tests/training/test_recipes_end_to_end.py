"""Every recipe runs from pictures to a model file that judges."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.conftest import QUICK, quick_train
from unmask.datasets import Dataset
from unmask.detector import Detector
from unmask.training import Recipe
from unmask.training.recipe import recipe_names

SIZES = {"cnn7-bn": 128, "xception": 80, "xception-frozen": 80}


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_runs_from_pictures_to_a_model_file(name: str, few: Dataset, tmp_path: Path) -> None:
    recipe = Recipe.load(name, **QUICK, **{"preparation.size": SIZES.get(name, 64), "fit.tiers": ["clean"]})
    card = quick_train(few, recipe, tmp_path, force=True)
    detector = Detector.load(tmp_path / "model.onnx", threads=1)
    assert detector.card == card
    assert card.name == name
    assert card.metrics["dataset"]["pictures"] == len(few.subset("test"))
    verdict = detector.predict(few.items[0].path, whole_picture=True)
    assert verdict.probability_fake is not None
