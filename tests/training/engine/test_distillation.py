"""Distillation from a finished model, and the checks of its file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.conftest import learner, quick_train, stripes
from unmask.card_reader import read_card
from unmask.datasets import Dataset
from unmask.detector import Detector
from unmask.errors import RecipeError, UnknownModel
from unmask.training.engine.distillation import load_teacher, resolve_teacher


@pytest.fixture
def teacher(trained: Path) -> Path:
    """A model file that knows the direction of the stripes."""
    return trained / "model.onnx"


def test_a_network_learns_from_the_teacher_against_the_labels(teacher: Path, pictures: Path, tmp_path: Path) -> None:
    dataset, opposite = Dataset.load(pictures), {"real": "fake", "fake": "real"}
    items = [
        item
        if item.split == "test"
        else replace(item, **({"split": "valid"} if number % 4 == 0 else {"label": opposite[item.label]}))
        for number, item in enumerate(dataset)
    ]
    recipe = learner(**{"distillation.model": str(teacher), "distillation.share": 1.0})
    quick_train(replace(dataset, items=tuple(items)), recipe, tmp_path, force=True)
    detector, rng = Detector.load(tmp_path / "model.onnx", threads=1), np.random.default_rng(3)
    scores = {
        fake: [detector.predict(stripes(fake, rng), whole_picture=True).probability_fake or 0.0 for _ in range(12)]
        for fake in (False, True)
    }
    assert np.mean(scores[True]) > 0.75 > 0.25 > np.mean(scores[False])
    assert detector.card.recipe["distillation"]["sha256"] == read_card(teacher)[1]


def crop(fake: bool, rng: np.random.Generator) -> np.ndarray:
    """Pixels `[1, 64, 64, 3]`."""
    return np.asarray(stripes(fake, rng).resize((64, 64)))[None]


def test_targets_mix_labels_and_calibrated_probabilities(teacher: Path) -> None:
    opened = load_teacher(learner(**{"distillation.model": str(teacher), "distillation.share": 0.25}), threads=1)
    assert opened is not None
    rng = np.random.default_rng(4)
    pixels = torch.from_numpy(np.concatenate([crop(fake, rng) for fake in (False, True, True)]))
    labels = torch.tensor([0.0, 1.0, 0.0])
    same, targets = opened.soften_targets((pixels, labels))
    card = read_card(teacher)[0]
    raw = opened.session.run(pixels=pixels.numpy())["logit"]
    expected = [
        0.75 * label + 0.25 * card.calibration.probability(logit) for label, logit in zip(labels, raw, strict=True)
    ]
    assert same is pixels
    assert targets.tolist() == pytest.approx([float(value) for value in expected], abs=1e-5)
    assert 0 < targets[2] < 0.25 < 0.75 < targets[1] < 1


def test_a_teacher_of_another_digest_or_size_is_an_error(teacher: Path) -> None:
    named, card = resolve_teacher(learner(**{"distillation.model": str(teacher)}))
    assert card is not None
    assert resolve_teacher(named)[0] == named
    with pytest.raises(RecipeError, match=r"distillation\.sha256"):
        resolve_teacher(replace(named, distillation=replace(named.distillation, sha256="0" * 64)))
    with pytest.raises(RecipeError, match=r"has an input size of 64 px; set preprocessing\.size=64 instead of 96"):
        resolve_teacher(learner(**{"distillation.model": str(teacher), "preprocessing.size": 96}))
    with pytest.raises(UnknownModel, match=r"nowhere\.onnx"):
        resolve_teacher(learner(**{"distillation.model": "nowhere.onnx"}))


def test_a_teacher_that_cuts_out_the_face_sees_the_whole_input_in_both_views() -> None:
    recipe = learner(**{"distillation.model": "default", "distillation.share": 1.0, "preprocessing.size": 224})
    teacher = load_teacher(recipe, 1)
    assert teacher is not None
    pixels = np.random.default_rng(2).integers(0, 256, (1, 224, 224, 3), np.uint8)
    _, targets = teacher.soften_targets((torch.from_numpy(pixels), torch.ones(1)))
    assert targets.tolist() == pytest.approx(Detector.load("default", threads=1).probabilities(pixels), abs=1e-4)
