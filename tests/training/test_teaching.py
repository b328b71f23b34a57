"""Distillation: what a teacher says becomes part of the target, and the right file must be asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.conftest import learner, stripes
from unmask.datasets import Dataset
from unmask.detector import Detector, read_card
from unmask.errors import RecipeError, UnknownModel
from unmask.training import Recipe, train
from unmask.training.teaching import name_teacher, open_teacher


@pytest.fixture(scope="module")
def teacher(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file that knows which way stripes run."""
    folder = tmp_path_factory.mktemp("teacher")
    run(Dataset.load(pictures), learner(), folder)
    return folder / "model.onnx"


def run(dataset: Dataset, recipe: Recipe, output: Path) -> None:
    train(dataset, recipe, output=output, device="cpu", threads=1, workers=0, progress=False, force=True)


def test_a_network_learns_from_the_teacher_what_the_labels_deny(teacher: Path, pictures: Path, tmp_path: Path) -> None:
    dataset, other = Dataset.load(pictures), {"real": "fake", "fake": "real"}
    items = [
        item
        if item.split == "test"
        else replace(item, **({"split": "valid"} if number % 4 == 0 else {"label": other[item.label]}))
        for number, item in enumerate(dataset)
    ]
    recipe = learner(**{"teacher.model": str(teacher), "teacher.share": 1.0})
    run(replace(dataset, items=tuple(items)), recipe, tmp_path)
    detector, rng = Detector.load(tmp_path / "model.onnx", threads=1), np.random.default_rng(3)
    scores = {
        fake: [detector.predict(stripes(fake, rng), whole_picture=True).probability_fake or 0.0 for _ in range(12)]
        for fake in (False, True)
    }
    assert np.mean(scores[True]) > 0.75 > 0.25 > np.mean(scores[False])
    assert detector.card.recipe["teacher"]["sha256"] == read_card(teacher)[1]


def crop(fake: bool, rng: np.random.Generator) -> np.ndarray:
    """Pixels `[1, 64, 64, 3]`."""
    return np.asarray(stripes(fake, rng).resize((64, 64)))[None]


def test_targets_are_the_calibrated_probability_in_the_share_that_was_asked_for(teacher: Path) -> None:
    opened = open_teacher(learner(**{"teacher.model": str(teacher), "teacher.share": 0.25}), threads=1)
    assert opened is not None
    rng = np.random.default_rng(4)
    pixels = torch.from_numpy(np.concatenate([crop(fake, rng) for fake in (False, True, True)]))
    labels = torch.tensor([0.0, 1.0, 0.0])
    same, targets = opened.soften((pixels, labels))
    card = read_card(teacher)[0]
    raw = opened.session.run(pixels=pixels.numpy())["logit"]
    expected = [
        0.75 * label + 0.25 * card.calibration.probability(logit) for label, logit in zip(labels, raw, strict=True)
    ]
    assert same is pixels
    assert targets.tolist() == pytest.approx([float(value) for value in expected], abs=1e-5)
    assert 0 < targets[2] < 0.25 < 0.75 < targets[1] < 1


def test_another_file_than_the_recipe_states_is_refused(teacher: Path) -> None:
    named, card = name_teacher(learner(**{"teacher.model": str(teacher)}))
    assert card is not None
    assert name_teacher(named)[0] == named
    with pytest.raises(RecipeError, match=r"teacher\.sha256"):
        name_teacher(replace(named, teacher=replace(named.teacher, sha256="0" * 64)))
    with pytest.raises(RecipeError, match=r"judges 64 px; set preparation\.size=64 instead of 96"):
        name_teacher(learner(**{"teacher.model": str(teacher), "preparation.size": 96}))
    with pytest.raises(UnknownModel, match=r"nowhere\.onnx"):
        name_teacher(learner(**{"teacher.model": "nowhere.onnx"}))
