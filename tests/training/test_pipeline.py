"""Training from folders to a model file, and the errors of wrong data and settings."""

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
from unmask.card_reader import read_card
from unmask.datasets import Dataset
from unmask.detector import Detector
from unmask.errors import RecipeError, TrainingError
from unmask.training import Recipe
from unmask.training.data.splits import add_missing_splits, make_splits
from unmask.training.pipeline import config_warnings


def test_a_run_writes_all_its_files(trained: Path, pictures: Path) -> None:
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


def test_the_model_classifies_new_images(trained: Path) -> None:
    detector = Detector.load(trained / "model.onnx", threads=1)
    rng = np.random.default_rng(99)
    for fake in (False, True):
        scores = [
            detector.predict(stripes(fake, rng), whole_picture=True, stability=False).probability_fake
            for _ in range(12)
        ]
        assert np.mean([(score or 0) > 0.5 for score in scores]) == pytest.approx(float(fake), abs=0.2)


def test_the_int8_model_has_its_own_card(trained: Path) -> None:
    small, large = (Detector.load(trained / name, threads=1).card for name in ("model-int8.onnx", "model.onnx"))
    assert small.name == "grain-int8"
    assert (trained / "model-int8.onnx").stat().st_size < 0.4 * (trained / "model.onnx").stat().st_size
    assert small.metrics["dataset"] == large.metrics["dataset"]
    assert re.fullmatch(r"8 bits instead of 32: auc [\d.]+ → [\d.]+, accuracy [\d.]+ → [\d.]+\.", small.limits[-1])
    assert json.loads((trained / "model-int8-card.json").read_text("utf-8")) == small.to_dict()


def test_the_figures_of_the_card_are_reproduced(trained: Path, pictures: Path, run_cli: Run) -> None:
    done = run_cli("evaluate", trained / "model.onnx", pictures, "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_training_pictures_are_reported_as_learned(trained: Path, pictures: Path, run_cli: Run, tmp_path: Path) -> None:
    options = ("--tiers", "clean", "--whole-picture", "--no-stability", "--json")
    for name in ("model.onnx", "model-int8.onnx"):
        done = run_cli("evaluate", trained / name, pictures, "--split", "train", *options)
        assert json.loads(done.stdout)["training_overlap"]["pictures"] == 60
        assert "60 of these 80 pictures were learned: stripes 60" in " ".join(done.stderr.split())
    done = run_cli("evaluate", trained / "model.onnx", pictures, "--split", "test", *options)
    assert json.loads(done.stdout)["training_overlap"]["pictures"] == 0
    assert "learned" not in done.stderr
    run_cli("models", trained / "model.onnx", "--export-hub", tmp_path / "hub")
    compared = run_cli("compare", tmp_path / "hub", "fast", "--data", pictures, "--split", "train", *options)
    assert json.loads(compared.stdout)["training_overlap"]["a"]["pictures"] == 60
    assert "60 of these 80 pictures were learned" in " ".join(compared.stderr.split())
    audited = run_cli("audit", pictures, "--model", trained / "model.onnx", "--json")
    assert json.loads(audited.stdout)["training_overlap"]["pictures"] == 60


def test_swapped_folder_names_swap_every_score(trained: Path, pictures: Path, tmp_path: Path) -> None:
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


def test_made_splits_are_written_and_reproduce_the_card(tmp_path: Path, run_cli: Run) -> None:
    write_pictures(tmp_path / "data", 30, np.random.default_rng(5))
    card = quick_train(Dataset.load(tmp_path / "data"), learner(**QUICK), tmp_path / "out")
    assert card.training_data["reported_split"] == "test"
    done = run_cli("evaluate", tmp_path / "out/model.onnx", tmp_path / "out/splits.csv", "--check", "--tiers", "clean")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_failed_audit_stops_the_run_unless_forced(tmp_path: Path, run_cli: Run) -> None:
    rng = np.random.default_rng(1)
    write_pictures(tmp_path / "data", 30, rng)
    for path in sorted((tmp_path / "data" / "Fake").iterdir()):
        with Image.open(path) as image:
            image.save(path.with_suffix(".png"))
        path.unlink()
    sets = [f"--set={key}={value}" for key, value in (QUICK | {"preprocessing.size": 64}).items()]
    common = ("train", tmp_path / "data", "-r", "grain", "-o", tmp_path / "out", *sets)
    failed = run_cli(*common)
    assert failed.returncode == 1
    assert "the audit of data failed (" in failed.stderr
    assert "format" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert not (tmp_path / "out" / "model.onnx").exists()
    forced = run_cli(*common, "--force", "--threads", "1", "--workers", "0")
    assert forced.returncode == 0, forced.stderr
    assert forced.stdout.strip().endswith("model.onnx")


def test_an_unreadable_image_counts_only_in_the_test_split(pictures: Path, tmp_path: Path) -> None:
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


def test_a_model_trained_on_the_test_images_is_a_warning(trained: Path, pictures: Path, tmp_path: Path) -> None:
    dataset, (card, _) = Dataset.load(pictures), read_card(trained / "model.onnx")
    moved = replace(dataset, items=tuple(replace(item, split=None) for item in dataset))
    for name, given, count in (("same", dataset, 0), ("other", moved, 2)):
        complete = add_missing_splits(given, tmp_path / f"{name}.csv", learner(), keep=False)
        splits = make_splits(complete, {item.name: None for item in complete}, learner())
        models = {"network.weights": card, "distillation.model": card}
        lines = [line for line in config_warnings(learner(), splits, models) if "may have been trained on" in line]
        assert [line.split(":")[0] for line in lines] == list(models)[:count]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("{data}=0", "{data}=1"), "each with a finite weight above 0"),
        (("{data}=3", "{data}=1", "--set", "data.balance=loose"), "data.balance"),
    ],
)
def test_a_wrong_argument_is_one_line(
    pictures: Path, tmp_path: Path, run_cli: Run, arguments: tuple[str, ...], message: str
) -> None:
    done = run_cli("train", *(word.format(data=pictures) for word in arguments), "-o", tmp_path / "out")
    assert done.returncode in (1, 2)
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_missing_weights_are_an_error_before_training(few: Dataset, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"network\.weights: no file nowhere\.pt"):
        quick_train(few, learner(**{"network.weights": "nowhere.pt"}), tmp_path, force=True)


def test_a_single_class_is_an_error(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="not both classes"):
        quick_train(Dataset.load(pictures).where(label="real"), learner(), tmp_path, force=True)
