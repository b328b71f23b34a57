"""Ensembles of model files: mean scores, mean weights, and their checks."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Run
from tests.training.conftest import QUICK, learner, quick_train, stripes
from unmask.card import METADATA_KEY
from unmask.card_reader import read_card
from unmask.datasets import Dataset
from unmask.detector import Detector
from unmask.errors import BadModelFile, TrainingError, UsageError
from unmask.training import ensemble
from unmask.training.ensembles import EnsembleConfig
from unmask.training.export.onnx import open_file, write_metadata


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


def test_weights_of_models_of_two_sizes_are_not_averaged(
    trained: Path, mobilenet_file: Path, few: Dataset, tmp_path: Path
) -> None:
    card, other = read_card(trained / "model.onnx")[0], tmp_path / "other.onnx"
    shutil.copyfile(mobilenet_file, other)
    write_metadata(other, METADATA_KEY, replace(card, preprocessing=replace(card.preprocessing, size=32)).to_json())
    with pytest.raises(BadModelFile, match="must have the same input size"):
        ensemble(few, [trained / "model.onnx", other], name="x", output=tmp_path, averaged=[1, 1], progress=False)


def test_shares_must_fit_the_members(few: Dataset, trained: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="one share for each of the 1 models"):
        ensemble(few, [trained / "model.onnx"], name="x", output=tmp_path, averaged=[0.5, 0.5], progress=False)
    with pytest.raises(UsageError, match="none of them negative"):
        ensemble(few, [trained / "model.onnx"] * 2, name="x", output=tmp_path, shares=[1, -1], progress=False)
    with pytest.raises(UsageError, match="not in 4"):
        ensemble(few, [trained / "model.onnx"], name="x", output=tmp_path, bits=4, progress=False)
    with pytest.raises(UsageError, match="average the weights first"):
        ensemble(few, [trained / "model.onnx"], name="x", output=tmp_path, averaged=[1], shares=[1], progress=False)


@pytest.mark.slow
def test_members_with_the_same_held_out_groups_are_accepted(pictures: Path, tmp_path: Path) -> None:
    """The member was trained on more images of the same groups, such as fakes made from them."""
    loaded = Dataset.load(pictures)
    items = tuple(replace(item, group=f"person {index // 4}") for index, item in enumerate(loaded))
    fewer = tuple(item for index, item in enumerate(items) if index % 4)
    recipe = learner(**QUICK, **{"data.stable_split": True})
    quick_train(replace(loaded, items=items), recipe, tmp_path / "more", force=True)
    member, narrowed = tmp_path / "more" / "model.onnx", replace(loaded, items=fewer)
    card = ensemble(narrowed, [member], name="x", output=tmp_path / "e", mirror=True, workers=0, progress=False)
    assert card.training_data["held_out"]["sha256"] != read_card(member)[0].training_data["held_out"]["sha256"]


def test_a_member_of_another_split_is_an_error(trained: Path, few: Dataset, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="was trained with another calibration or test split"):
        ensemble(few, [trained / "model.onnx"], name="x", output=tmp_path, workers=0, progress=False)


def test_the_command_writes_an_ensemble(trained: Path, pictures: Path, tmp_path: Path, run_cli: Run) -> None:
    model = str(trained / "model.onnx")
    done = run_cli(
        "ensemble", model, "--data", str(pictures), "-o", str(tmp_path / "e"), "--name", "m", "--average", "1"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(run_cli("models", done.stdout.strip(), "--json").stdout)["name"] == "m"


def test_a_model_without_networks_of_its_own_is_no_member(few: Dataset, tmp_path: Path) -> None:
    with pytest.raises(
        BadModelFile, match="accurate has no networks of its own; give the model that it needs, default"
    ):
        EnsembleConfig().apply(["accurate"], [read_card("accurate")[0]])


def test_an_ensemble_of_two_views_is_quantized(trained: Path, pictures: Path, tmp_path: Path) -> None:
    native = tmp_path / "native.onnx"
    shutil.copyfile(trained / "model.onnx", native)
    card = read_card(native)[0]
    view = replace(card.preprocessing, min_side=card.preprocessing.size)
    recipe = {**card.recipe, "preprocessing": view.to_dict()}
    write_metadata(native, METADATA_KEY, replace(card, preprocessing=view, recipe=recipe).to_json())
    members = [trained / "model.onnx", native]
    made = ensemble(
        Dataset.load(pictures), members, name="both", output=tmp_path / "e", workers=0, quantize=True, progress=False
    )
    assert made.preprocessing.min_side == view.size
    assert (tmp_path / "e" / "model-int8.onnx").is_file()
    assert set(open_file(tmp_path / "e" / "model-int8.onnx").inputs) == {"pixels", "face_region"}
