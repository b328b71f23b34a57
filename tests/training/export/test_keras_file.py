"""Keras files, written and read by Keras itself."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.conftest import SAMPLES, Run
from unmask import Detector
from unmask.card import METADATA_KEY, Calibration, ModelCard
from unmask.card_reader import read_card
from unmask.errors import BadModelFile, UsageError
from unmask.preprocessing import Preprocessing
from unmask.training.export.keras_file import TOLERANCE, export_keras
from unmask.training.export.onnx import export, write_metadata
from unmask.training.models.factory import create_model

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("keras")

CALIBRATION = Calibration(slope=0.3, intercept=-0.5)


def write_model(folder: Path, architecture: str, size: int) -> Path:
    """A model file of a network with random weights."""
    torch.manual_seed(3)
    path = folder / f"{architecture}.onnx"
    network = create_model(architecture, size=size)
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
            torch.nn.init.kaiming_normal_(module.weight)
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_mean, -0.2, 0.2)  # type: ignore[arg-type]
            torch.nn.init.uniform_(module.running_var, 0.5, 2.0)  # type: ignore[arg-type]
    export(network, size, path)
    card = ModelCard(
        name=architecture,
        version="1.0",
        preprocessing=Preprocessing(size=size),
        calibration=CALIBRATION,
        decision=read_card("fast")[0].decision,
    )
    write_metadata(path, METADATA_KEY, card.to_json())
    return path


@pytest.fixture(scope="module")
def dense_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("dense"), "cnn-dense", 16)


def check(model: Path, written: Path) -> None:
    """Compare the probabilities of a Keras file with those of the detector, on crops of real pictures."""
    import keras

    detector, network = Detector.load(model, threads=1), keras.models.load_model(written)
    size = detector.card.preprocessing.size
    crops = []
    for sample in ("astronaut.jpg", "generated.jpg", "coffee.jpg"):
        with Image.open(SAMPLES / sample) as image:
            crops.append(np.asarray(image.convert("RGB").resize((size, size))))
    pixels = np.stack(crops)
    expected = detector.probabilities(pixels)
    found = network.predict(pixels.astype("float32"), verbose=0)
    assert found.shape == (3, 1)
    assert np.abs(found[:, 0] - expected).max() <= TOLERANCE
    assert max(expected) - min(expected) > 0.01


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_keras_file_gives_the_probabilities_of_the_model_file(dense_file: Path, tmp_path: Path, suffix: str) -> None:
    written = tmp_path / f"mine{suffix}"
    assert export_keras(dense_file, written) <= TOLERANCE
    check(dense_file, written)
    assert sorted(each.name for each in tmp_path.iterdir()) == [f"mine{suffix}", f"mine{suffix}.json"]
    described = json.loads((tmp_path / f"mine{suffix}.json").read_text("utf-8"))
    assert described["input"]["shape"] == [None, 16, 16, 3]
    assert described["input"]["preprocessing"] == {"size": 16, "margin": 1.3, "resample": "bicubic"}
    assert described["output"]["classes"] == ["real", "fake"]
    assert described["thresholds"] == Detector.load(dense_file).card.decision.thresholds.to_dict()


@pytest.mark.parametrize(
    ("architecture", "size"),
    [
        ("cnn3-bn", 32),
        pytest.param("cnn3", 48, marks=pytest.mark.slow),
        pytest.param("cnn7-bn", 128, marks=pytest.mark.slow),
    ],
)
def test_batch_norms_and_two_scores_are_merged(tmp_path: Path, architecture: str, size: int) -> None:
    model = write_model(tmp_path, architecture, size)
    export_keras(model, tmp_path / "mine.keras")
    check(model, tmp_path / "mine.keras")


def test_other_networks_name_those_that_can_be_converted(grain_file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "grain.onnx"
    copy.write_bytes(grain_file.read_bytes())
    card = replace(read_card("fast")[0], preprocessing=Preprocessing(size=64))
    write_metadata(copy, METADATA_KEY, card.to_json())
    for model in (copy, "fast"):
        with pytest.raises(BadModelFile, match="of the recipes cnn3, cnn3-bn, cnn7-bn, cnn-dense") as error:
            export_keras(model, tmp_path / "mine.keras")
        assert "\n" not in error.value.message
    assert [each.name for each in tmp_path.iterdir()] == ["grain.onnx"]


def test_other_names_and_folders_are_rejected(dense_file: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"mine\.onnx: name a file that ends with \.keras or \.h5"):
        export_keras(dense_file, tmp_path / "mine.onnx")
    with pytest.raises(UsageError, match="the folder does not exist"):
        export_keras(dense_file, tmp_path / "none" / "mine.keras")


def test_the_command_writes_the_file(
    run_cli: Run, dense_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run_cli("models", dense_file, "--export-keras", tmp_path / "mine.keras")
    assert (done.returncode, done.stdout) == (0, f"{tmp_path / 'mine.keras'}\n")
    assert "mine.keras.json describes the input" in done.stderr
    monkeypatch.setitem(sys.modules, "keras", None)
    failed = run_cli("models", dense_file, "--export-keras", tmp_path / "mine.keras")
    assert failed.returncode == 1
    assert "writing Keras files needs an optional part: pip install " in failed.stderr
