"""Training as users do it: from folders to a model file, with what must be refused and what must survive."""

from __future__ import annotations

import csv
import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from PIL import Image

from tests.conftest import Run
from tests.training.conftest import learner, stripes, write_pictures
from unmask.card import ModelCard
from unmask.datasets import Dataset
from unmask.detector import Detector, read_card
from unmask.errors import BadModelFile, RecipeError, TrainingError, UsageError
from unmask.training import Recipe, ensemble, train
from unmask.training.architectures.building import create, read_model_file
from unmask.training.exporting import export, open_file
from unmask.training.folder import RunFolder
from unmask.training.fusing import average, fuse, halve
from unmask.training.parts import divide, split
from unmask.training.pipeline import cautions
from unmask.training.recipe import recipe_names
from unmask.training.releasing import release

QUICK: dict[str, Any] = {"network.weights": "", "fit.epochs": 1, "fit.batch_size": 4, "data.per_epoch": 8}
SIZES = {"cnn7-bn": 128, "xception": 80, "xception-frozen": 80}


def quick_train(dataset: Dataset, recipe: Recipe, output: Path, **options: Any) -> ModelCard:
    return train(dataset, recipe, output=output, device="cpu", threads=1, workers=0, progress=False, **options)


@pytest.fixture(scope="module")
def few(pictures: Path) -> Dataset:
    """A tenth of the pictures, for runs of which only the end counts."""
    return Dataset.load(pictures).take(range(0, 96, 2))


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


@pytest.fixture(scope="module")
def trained(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that has learnt which way the stripes run."""
    folder = tmp_path_factory.mktemp("trained")
    quick_train(Dataset.load(pictures), learner(), folder, quantize=True)
    return folder


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


def test_the_card_tells_the_truth(trained: Path, pictures: Path, unmask: Run) -> None:
    done = unmask("evaluate", trained / "model.onnx", pictures, "--check")
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


def test_data_without_splits_are_split_once_and_can_be_checked(tmp_path: Path, unmask: Run) -> None:
    write_pictures(tmp_path / "data", 30, np.random.default_rng(5))
    card = quick_train(Dataset.load(tmp_path / "data"), learner(**QUICK), tmp_path / "out")
    assert card.training_data["reported_split"] == "test"
    done = unmask("evaluate", tmp_path / "out/model.onnx", tmp_path / "out/splits.csv", "--check", "--tiers", "clean")
    assert done.returncode == 0, done.stdout + done.stderr


def test_planted_shortcuts_are_refused_by_name_unless_forced(tmp_path: Path, unmask: Run) -> None:
    rng = np.random.default_rng(1)
    write_pictures(tmp_path / "data", 30, rng)
    for path in sorted((tmp_path / "data" / "Fake").iterdir()):
        with Image.open(path) as image:
            image.save(path.with_suffix(".png"))
        path.unlink()
    sets = [f"--set={key}={value}" for key, value in (QUICK | {"preparation.size": 64}).items()]
    common = ("train", tmp_path / "data", "-r", "grain", "-o", tmp_path / "out", *sets)
    refused = unmask(*common, timeout=600)
    assert refused.returncode == 1
    assert "the audit refuses data (" in refused.stderr
    assert "format" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "out" / "model.onnx").exists()
    forced = unmask(*common, "--force", "--threads", "1", "--workers", "0", timeout=600)
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
    with RunFolder(tmp_path / "busy").claimed(), pytest.raises(TrainingError, match="another run is writing into"):
        quick_train(few, learner(), tmp_path / "busy", force=True)
    (tmp_path / "file").touch()
    with pytest.raises(TrainingError, match="cannot be written to"):
        quick_train(few, learner(), tmp_path / "file", force=True)


def test_a_run_goes_on_with_and_without_tensorboard(
    few: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = learner(**QUICK, **{"fit.tiers": ["clean"]})
    with monkeypatch.context() as patch:
        patch.setattr("unmask.training.pipeline.export", cut)
        with pytest.raises(Cut):
            quick_train(few, recipe, tmp_path, force=True)
    with pytest.raises(TrainingError, match="holds a run on other pictures"):
        quick_train(few.take(range(40)), recipe, tmp_path, force=True, resume=True, tensorboard=True)
    quick_train(few, recipe, tmp_path, force=True, resume=True, tensorboard=True)
    assert (tmp_path / "model.onnx").exists()


def test_going_on_from_a_model_says_where_its_lessons_are_reported_on(
    trained: Path, pictures: Path, tmp_path: Path
) -> None:
    dataset, (card, _) = Dataset.load(pictures), read_card(trained / "model.onnx")
    moved = replace(dataset, items=tuple(replace(item, split=None) for item in dataset))
    for name, given, told in (("same", dataset, 0), ("other", moved, 2)):
        dealt = split(given, tmp_path / f"{name}.csv", learner(), keep=False)
        parts = divide(dealt, {item.name: None for item in dealt}, learner())
        models = {"network.weights": card, "teacher.model": card}
        found = [line.split(":")[0] for line in cautions(learner(), parts, models) if "may have learnt" in line]
        assert found == list(models)[:told]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("{data}=0", "{data}=1"), "finite weights above 0"),
        (("{data}=3", "{data}=1", "--set", "data.balance=loose"), "data.balance"),
    ],
)
def test_odd_words_are_one_line(
    pictures: Path, tmp_path: Path, unmask: Run, arguments: tuple[str, ...], message: str
) -> None:
    done = unmask("train", *(word.format(data=pictures) for word in arguments), "-o", tmp_path / "out")
    assert done.returncode in (1, 2)
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_missing_weights_are_said_before_anything_is_trained(few: Dataset, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"network\.weights: no file nowhere\.pt"):
        quick_train(few, learner(**{"network.weights": "nowhere.pt"}), tmp_path, force=True)


def test_one_class_alone_is_refused(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="not both classes"):
        quick_train(Dataset.load(pictures).where(label="real"), learner(), tmp_path, force=True)


def command(pictures: Path, output: Path, *more: str) -> list[str]:
    keys = ("preparation.size=64", "fit.epochs=3", "fit.batch_size=16", "data.per_epoch=64", "data.hold_out=0.25")
    sets = [f"--set={key}" for key in keys]
    base = [sys.executable, "-m", "unmask", "train", str(pictures), "-r", "grain", "-o", str(output), *sets]
    return [*base, "--threads", "1", "--workers", "0", "--device", "cpu", *more]


@pytest.mark.parametrize("strikes", [1, pytest.param(12, marks=pytest.mark.slow)])
def test_a_run_killed_at_random_moments_resumes_to_the_same_bits(pictures: Path, tmp_path: Path, strikes: int) -> None:
    environment, torn = os.environ | {"OMP_NUM_THREADS": "1"}, tmp_path / "torn"
    given = {"preparation.size": 64, "fit.epochs": 3, "fit.batch_size": 16, "data.per_epoch": 64, "data.hold_out": 0.25}
    began = time.monotonic()
    quick_train(Dataset.load(pictures), Recipe.load("grain", **given), tmp_path / "whole")
    took, moments = time.monotonic() - began, random.Random(strikes)
    strike(command(pictures, torn, "--resume"), environment, lambda: (torn / "last.pt").exists())
    assert not (torn / "model.onnx").exists()
    for _ in range(strikes):
        due = time.monotonic() + moments.uniform(1, 2 + took)
        strike(command(pictures, torn, "--resume"), environment, lambda due=due: time.monotonic() > due)
    subprocess.run(command(pictures, torn, "--resume"), check=True, capture_output=True, env=environment)
    histories = [(tmp_path / name / "history.csv").read_bytes() for name in ("whole", "torn")]
    assert histories[0] == histories[1]
    pixels = np.random.default_rng(0).integers(0, 256, (4, 64, 64, 3), dtype=np.uint8)
    logits = [open_file(tmp_path / name / "model.onnx", 1).run(pixels=pixels)["logit"] for name in ("whole", "torn")]
    assert np.array_equal(*logits)


def strike(words: list[str], environment: Mapping[str, str], due: Callable[[], bool]) -> None:
    """Run a command and kill it as soon as it is due, unless it ends before."""
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment)
    while process.poll() is None and not due():
        time.sleep(0.02)
    process.kill()
    process.wait()


class Cut(Exception):
    """The power goes out."""


def cut(*arguments: object, **options: object) -> None:
    raise Cut


def test_a_run_cut_off_at_any_stage_goes_on_to_the_same_model(
    few: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the audit, before the trained network is exported, and before the file has its card."""
    recipe = learner(**QUICK)
    quick_train(few, recipe, tmp_path / "whole", force=True)

    for stage in ("find_boxes", "export", "document"):
        with monkeypatch.context() as patch:
            patch.setattr(f"unmask.training.pipeline.{stage}", cut)
            with pytest.raises(Cut):
                quick_train(few, recipe, tmp_path / "torn", force=True, resume=True)
    quick_train(few, recipe, tmp_path / "torn", force=True, resume=True)
    for name in ("history.csv", "model.onnx", "model-card.json"):
        assert (tmp_path / "torn" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name


def test_two_processes_train_one_network(pictures: Path, tmp_path: Path) -> None:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    arguments = command(pictures, tmp_path / "out", "--set=fit.epochs=1")[1:]
    done = subprocess.run([*launcher, *arguments], capture_output=True, text=True, env=environment, timeout=900)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("model.onnx") == 1
    rows = list(csv.DictReader((tmp_path / "out" / "history.csv").open()))
    assert len(rows) == 1
    assert Detector.load(tmp_path / "out" / "model.onnx").card.name == "grain"


def test_an_ensemble_is_the_mean_of_its_calibrated_members(trained: Path, pictures: Path, tmp_path: Path) -> None:
    one = trained / "model.onnx"
    card = ensemble(
        Dataset.load(pictures), [one, one], name="twice", output=tmp_path / "e", mirror=True, workers=0, progress=False
    )
    assert (card.name, card.metrics["dataset"]["pictures"]) == ("twice", 16)
    fused, single = open_file(tmp_path / "e" / "model.onnx"), open_file(one)
    pixels = np.stack([np.asarray(stripes(fake, np.random.default_rng(3)).resize((64, 64))) for fake in (True, False)])
    plain, mirrored = (single.run(pixels=each) for each in (pixels, pixels[:, :, ::-1].copy()))
    calibration = Detector.load(one).card.calibration
    expected = [calibration.logit(value) for value in (plain["logit"] + mirrored["logit"]) / 2]
    outputs = fused.run(pixels=pixels)
    assert np.allclose(outputs["logit"], expected, atol=1e-4)
    assert np.allclose(outputs["cam"].mean((1, 2)), outputs["logit"], atol=1e-4)


def test_averaged_weights_lie_between_their_members(trained: Path, pictures: Path, tmp_path: Path) -> None:
    one = (trained / "model.onnx").read_bytes()
    other = onnx.load_from_string(one)
    for tensor in other.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT:
            tensor.CopyFrom(onnx.numpy_helper.from_array(2 * onnx.numpy_helper.to_array(tensor), tensor.name))
    mean = average([one, other.SerializeToString()], [3, 1])
    for tensor, before in zip(mean.graph.initializer, onnx.load_from_string(one).graph.initializer, strict=True):
        factor = 1.25 if tensor.data_type == onnx.TensorProto.FLOAT else 1
        expected = factor * onnx.numpy_helper.to_array(before)
        assert np.allclose(onnx.numpy_helper.to_array(tensor), expected, rtol=1e-6), tensor.name
    with pytest.raises(BadModelFile, match="within one architecture"):
        average([one, write_cnn3(tmp_path).read_bytes()], [1, 1])


def test_16_bits_halve_the_file_and_hardly_move_the_scores(trained: Path, tmp_path: Path) -> None:
    one, short = trained / "model.onnx", onnx.load(trained / "model.onnx")
    halve(short)
    onnx.save(short, tmp_path / "short.onnx")
    pixels = np.stack([np.asarray(stripes(fake, np.random.default_rng(3)).resize((64, 64))) for fake in (True, False)])
    before, after = (open_file(path).run(pixels=pixels)["logit"] for path in (one, tmp_path / "short.onnx"))
    assert np.allclose(before, after, atol=0.02)
    assert not np.array_equal(before, after)
    assert short.graph.ByteSize() < 0.7 * onnx.load(one).graph.ByteSize()


def test_training_can_go_on_from_a_model_that_sees_mirror_images(trained: Path, tmp_path: Path) -> None:
    one = trained / "model.onnx"
    mirrored = fuse([(one.read_bytes(), Detector.load(one).card.calibration)], mirror=True)
    halve(mirrored)
    onnx.save(mirrored, tmp_path / "mirrored.onnx")
    before, after = read_model_file(one), read_model_file(tmp_path / "mirrored.onnx")
    assert before.keys() == after.keys()
    assert all(torch.allclose(before[name], after[name].float(), atol=1e-2) for name in before)
    two = fuse([(one.read_bytes(), Detector.load(one).card.calibration)] * 2, mirror=False)
    onnx.save(two, tmp_path / "two.onnx")
    with pytest.raises(BadModelFile, match="several networks"):
        read_model_file(tmp_path / "two.onnx")


def write_cnn3(folder: Path) -> Path:
    """A model file of another architecture."""
    export(create("cnn3"), 128, folder / "cnn3.onnx")
    return folder / "cnn3.onnx"


def test_shares_must_fit_the_members(few: Dataset, trained: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="one share for each of the 1 models"):
        ensemble(few, [trained / "model.onnx"], name="x", output=tmp_path, shares=[0.5, 0.5], progress=False)


def test_members_may_have_seen_more_pictures_as_long_as_the_groups_set_aside_are_the_same(
    pictures: Path, tmp_path: Path
) -> None:
    """As with fakes that are made from the pictures of a data set and stand in their originals' groups."""
    loaded = Dataset.load(pictures)
    items = tuple(replace(item, group=f"person {index // 4}") for index, item in enumerate(loaded))
    fewer = tuple(item for index, item in enumerate(items) if index % 4)
    recipe = learner(**QUICK, **{"data.lasting": True})
    quick_train(replace(loaded, items=items), recipe, tmp_path / "more", force=True)
    member, narrowed = tmp_path / "more" / "model.onnx", replace(loaded, items=fewer)
    card = ensemble(narrowed, [member], name="x", output=tmp_path / "e", mirror=True, workers=0, progress=False)
    assert card.training_data["held_out"]["sha256"] != read_card(member)[0].training_data["held_out"]["sha256"]


def test_an_ensemble_is_not_calibrated_on_what_its_members_learnt(trained: Path, few: Dataset, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="set other pictures aside"):
        ensemble(few, [trained / "model.onnx"], name="x", output=tmp_path, workers=0, progress=False)


def test_a_released_file_has_its_name_and_keeps_its_figures(trained: Path, tmp_path: Path) -> None:
    source, target = trained / "model.onnx", tmp_path / "fast.onnx"
    digest = release(source, target, name="fast", words=Recipe.load("default"), summary="quick", also=["Small."])
    before, (after, found) = read_card(source)[0], read_card(target)
    assert (after.name, after.summary, after.limits[0], found) == ("fast", "quick", "Small.", digest)
    assert (after.metrics, after.decision) == (before.metrics, before.decision)


def test_the_command_fuses_models(trained: Path, pictures: Path, tmp_path: Path, unmask: Run) -> None:
    model = str(trained / "model.onnx")
    done = unmask(
        "ensemble", model, "--data", str(pictures), "-o", str(tmp_path / "e"), "--name", "m", "--average", "1"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(unmask("models", done.stdout.strip(), "--json").stdout)["name"] == "m"
