"""Training as users do it: from folders to a model file, and what must be refused."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import Run
from tests.training.conftest import QUICK, learner, quick_train, stripes, write_pictures
from unmask.datasets import Dataset
from unmask.detector import Detector, read_card
from unmask.errors import RecipeError, TrainingError
from unmask.training import Recipe
from unmask.training.data.splits import divide, split
from unmask.training.pipeline import config_warnings
from unmask.training.run_dir import RunDir


def test_a_run_leaves_everything_that_documents_it(trained: Path, pictures: Path) -> None:
    names = {path.name for path in trained.iterdir()}
    assert names >= {
        "model.onnx", "model-card.json", "model-evaluation.json", "model-evaluation.html",
        "model-int8.onnx", "history.csv", "recipe.toml",
        "curves.png", "validation.png", "audit.json", "last.pt", "best.pt",
    }  # fmt: skip
    assert "draft.onnx" not in names
    assert Recipe.load(trained / "recipe.toml") == learner()
    for name in ("curves.png", "validation.png"):
        with Image.open(trained / name) as picture:
            assert min(picture.size) > 200
    rows = list(csv.DictReader((trained / "history.csv").open()))
    assert float(rows[-1]["auc"]) > 0.95
    data = json.loads((trained / "model-card.json").read_text("utf-8"))["training_data"]
    assert data["lessons"]["counts"]["stripes"] == {"real": 30, "fake": 30}
    assert data["held_out"]["counts"]["stripes"] == {"real": 10, "fake": 10}
    assert data["reported_split"] == "test"


def test_the_model_judges_fresh_pictures_rightly(trained: Path) -> None:
    detector = Detector.load(trained / "model.onnx", threads=1)
    rng = np.random.default_rng(99)
    for fake in (False, True):
        scores = [
            detector.predict(stripes(fake, rng), whole_picture=True, stability=False).probability_fake
            for _ in range(12)
        ]
        assert np.mean([(score or 0) > 0.5 for score in scores]) == pytest.approx(float(fake), abs=0.2)


def test_the_int8_model_has_a_card_of_its_own(trained: Path) -> None:
    small, large = (Detector.load(trained / name, threads=1).card for name in ("model-int8.onnx", "model.onnx"))
    assert small.name == "grain-int8"
    assert (trained / "model-int8.onnx").stat().st_size < 0.4 * (trained / "model.onnx").stat().st_size
    assert small.metrics["dataset"] == large.metrics["dataset"]
    assert re.fullmatch(r"8 bits instead of 32: auc [\d.]+ → [\d.]+, accuracy [\d.]+ → [\d.]+\.", small.limits[-1])
    assert json.loads((trained / "model-int8-card.json").read_text("utf-8")) == small.to_dict()


def test_the_card_tells_the_truth(trained: Path, pictures: Path, run_cli: Run) -> None:
    done = run_cli("evaluate", trained / "model.onnx", pictures, "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_swapping_the_folders_names_swaps_every_score(trained: Path, pictures: Path, tmp_path: Path) -> None:
    for part in ("Train", "Test"):
        (tmp_path / "stripes" / part).mkdir(parents=True)
        for name, other in (("Real", "Fake"), ("Fake", "Real")):
            (tmp_path / "stripes" / part / name).symlink_to(pictures / part / other)
    card = quick_train(Dataset.load(tmp_path / "stripes"), learner(), tmp_path / "out")
    swapped, plain = (Detector.load(folder / "model.onnx", threads=1) for folder in (tmp_path / "out", trained))
    for index, item in enumerate(Dataset.load(pictures).subset("test")):
        scores = [
            each.predict(item.path, whole_picture=True, stability=False).probability_fake for each in (plain, swapped)
        ]
        assert [score is not None and score > 0.5 for score in scores] in ([True, False], [False, True]), index
    history = list(csv.DictReader((tmp_path / "out" / "history.csv").open()))
    assert float(history[-1]["auc"]) > 0.95
    assert card.classes == ("real", "fake")


def test_data_without_splits_are_split_once_and_can_be_checked(tmp_path: Path, run_cli: Run) -> None:
    write_pictures(tmp_path / "data", 30, np.random.default_rng(5))
    card = quick_train(Dataset.load(tmp_path / "data"), learner(**QUICK), tmp_path / "out")
    assert card.training_data["reported_split"] == "test"
    done = run_cli("evaluate", tmp_path / "out/model.onnx", tmp_path / "out/splits.csv", "--check", "--tiers", "clean")
    assert done.returncode == 0, done.stdout + done.stderr


def test_planted_shortcuts_are_refused_by_name_unless_forced(tmp_path: Path, run_cli: Run) -> None:
    rng = np.random.default_rng(1)
    write_pictures(tmp_path / "data", 30, rng)
    for path in sorted((tmp_path / "data" / "Fake").iterdir()):
        with Image.open(path) as image:
            image.save(path.with_suffix(".png"))
        path.unlink()
    sets = [f"--set={key}={value}" for key, value in (QUICK | {"preparation.size": 64}).items()]
    common = ("train", tmp_path / "data", "-r", "grain", "-o", tmp_path / "out", *sets)
    refused = run_cli(*common)
    assert refused.returncode == 1
    assert "the audit refuses data (" in refused.stderr
    assert "format" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "out" / "model.onnx").exists()
    forced = run_cli(*common, "--force", "--threads", "1", "--workers", "0")
    assert forced.returncode == 0, forced.stderr
    assert forced.stdout.strip().endswith("model.onnx")


def test_an_unreadable_picture_is_left_out_of_training_but_not_of_the_report(pictures: Path, tmp_path: Path) -> None:
    good = Dataset.load(pictures)
    for part in ("Train", "Test"):
        for name in ("Real", "Fake"):
            folder = tmp_path / "stripes" / part / name
            folder.mkdir(parents=True)
            for item in good.where(split=part.lower(), label=name.lower()).items[:12]:
                (folder / item.path.name).symlink_to(item.path)
        (tmp_path / "stripes" / part / "Real" / "broken.jpg").write_bytes(b"no picture")
    card = quick_train(Dataset.load(tmp_path / "stripes"), learner(**QUICK), tmp_path / "out", force=True)
    assert card.training_data["lessons"]["counts"]["stripes"]["real"] < 12
    assert card.metrics["tiers"]["clean"]["all"]["problems"] == 1


def test_a_folder_with_a_run_in_it_is_not_overwritten(trained: Path, pictures: Path) -> None:
    with pytest.raises(TrainingError, match="holds a run already; go on with --resume"):
        quick_train(Dataset.load(pictures), learner(), trained)
    with pytest.raises(TrainingError, match="another recipe"):
        quick_train(Dataset.load(pictures), learner(seed=8), trained, resume=True)


def test_a_finished_model_is_not_overwritten_and_a_run_keeps_others_out(few: Dataset, tmp_path: Path) -> None:
    (tmp_path / "done").mkdir()
    (tmp_path / "done" / "model.onnx").touch()
    for resume in (False, True):
        with pytest.raises(TrainingError, match="holds a finished model"):
            quick_train(few, learner(), tmp_path / "done", force=True, resume=resume)
    with RunDir(tmp_path / "busy").claimed(), pytest.raises(TrainingError, match="another run is writing into"):
        quick_train(few, learner(), tmp_path / "busy", force=True)
    (tmp_path / "file").touch()
    with pytest.raises(TrainingError, match="cannot be written to"):
        quick_train(few, learner(), tmp_path / "file", force=True)


def test_going_on_from_a_model_says_where_its_lessons_are_reported_on(
    trained: Path, pictures: Path, tmp_path: Path
) -> None:
    dataset, (card, _) = Dataset.load(pictures), read_card(trained / "model.onnx")
    moved = replace(dataset, items=tuple(replace(item, split=None) for item in dataset))
    for name, given, told in (("same", dataset, 0), ("other", moved, 2)):
        dealt = split(given, tmp_path / f"{name}.csv", learner(), keep=False)
        parts = divide(dealt, {item.name: None for item in dealt}, learner())
        models = {"network.weights": card, "teacher.model": card}
        found = [line.split(":")[0] for line in config_warnings(learner(), parts, models) if "may have learnt" in line]
        assert found == list(models)[:told]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("{data}=0", "{data}=1"), "finite weights above 0"),
        (("{data}=3", "{data}=1", "--set", "data.balance=loose"), "data.balance"),
    ],
)
def test_odd_words_are_one_line(
    pictures: Path, tmp_path: Path, run_cli: Run, arguments: tuple[str, ...], message: str
) -> None:
    done = run_cli("train", *(word.format(data=pictures) for word in arguments), "-o", tmp_path / "out")
    assert done.returncode in (1, 2)
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_missing_weights_are_said_before_anything_is_trained(few: Dataset, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"network\.weights: no file nowhere\.pt"):
        quick_train(few, learner(**{"network.weights": "nowhere.pt"}), tmp_path, force=True)


def test_one_class_alone_is_refused(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="not both classes"):
        quick_train(Dataset.load(pictures).where(label="real"), learner(), tmp_path, force=True)
