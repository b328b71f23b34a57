"""The quick update: last layers, the fit, the new file and its card, and continuing after an interruption."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from tests.conftest import MlflowRuns, Run
from tests.training.update.conftest import BASE
from unmask import Detector
from unmask.card_reader import read_card
from unmask.datasets import Dataset
from unmask.errors import DatasetError, TrainingError
from unmask.training.update import quick_update
from unmask.training.update.features import FeatureStore
from unmask.training.update.last_layer import change_weights, find_last_layers, layer_shares
from unmask.training.update.linear_fit import fit_change
from unmask.zoo import read_model


@pytest.fixture(scope="module")
def model() -> onnx.ModelProto:
    return onnx.load_from_string(read_model(BASE))


def test_a_change_of_the_last_layer_changes_the_logit_as_predicted(model: onnx.ModelProto) -> None:
    layers = find_last_layers(model)
    assert [layer.width for layer in layers] == [1280]
    size = Detector.load(BASE).card.preprocessing.size
    pixels = np.random.default_rng(0).integers(0, 255, (1, size, size, 3), np.uint8)
    assert layer_shares(model, layers, pixels) == pytest.approx([1.0], abs=1e-3)
    same = change_weights(model, layers, np.zeros(1280), 0.0)
    assert layer_shares(same, find_last_layers(same), pixels) == pytest.approx([1.0], abs=1e-3)


def test_both_networks_of_an_ensemble_are_found() -> None:
    assert [layer.width for layer in find_last_layers(onnx.load_from_string(read_model("default")))][:2] == [1280, 1280]


def test_a_model_without_a_linear_layer_is_refused() -> None:
    empty = onnx.helper.make_model(onnx.helper.make_graph([], "none", [], []))
    with pytest.raises(TrainingError, match="--mode full"):
        find_last_layers(empty)


def test_the_fit_separates_new_images_and_distillation_keeps_old_logits() -> None:
    rng = np.random.default_rng(0)
    labels = (np.arange(80) % 2).astype(np.float64)
    new = rng.normal(size=(80, 30))
    new[:, 0] += 4 * labels
    old = rng.normal(size=(200, 30))
    logits = rng.normal(size=80) - 6.0
    spreads = []
    for weight in (0.01, 1.0, 100.0):
        change = fit_change(new, labels, logits, old, distillation=weight, ridge=1e-3)
        spreads.append(float(change.shift(old).std()))
        if weight == 0.01:
            after = logits + change.shift(new)
            assert after[labels == 1].mean() > after[labels == 0].mean() + 2
    assert spreads[0] > 1.5 * spreads[1] > 15 * spreads[2]


def test_an_update_learns_the_kind_and_the_card_states_what_was_added(kind: Path, tmp_path: Path) -> None:
    dataset = Dataset.load(kind)
    found = quick_update(dataset, BASE, tmp_path / "out")
    assert found.after["new"] > found.before["new"] + 0.05
    base, new = Detector.load(BASE), Detector.load(found.path)
    (entry,) = new.card.training_data["updates"]
    assert (entry["kinds"], entry["pictures"], entry["base_sha256"]) == (["tint"], 48, base.model.sha256)
    assert new.card.version == f"{base.card.version}+1"
    assert "tint" in new.card.limits[-1]
    assert new.card.metrics["tiers"]["clean"]["all"]["n_fake"] > 0
    assert new.card.decision == base.card.decision
    before = (tmp_path / "out" / "model.onnx").read_bytes()
    again = quick_update(dataset, BASE, tmp_path / "out")
    assert again.path.read_bytes() == before


def test_stored_features_are_not_computed_again(
    kind: Path, tmp_path: Path, model: onnx.ModelProto, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = Dataset.load(kind).take(range(4))
    layers = find_last_layers(model)
    first = FeatureStore(model, layers, tmp_path, "0" * 64).compute(few, "", lambda *_: None)
    monkeypatch.setattr(FeatureStore, "_row", lambda *_: pytest.fail("computed again"))
    again = FeatureStore(model, layers, tmp_path, "0" * 64).compute(few, "", lambda *_: None)
    assert np.array_equal(first.values, again.values)
    assert np.array_equal(first.logits, again.logits)


def test_one_class_is_too_little(kind: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="at least 10 new real pictures with a face, not 0"):
        quick_update(Dataset.load(kind).where(label="fake"), BASE, tmp_path)


def test_the_command_prints_the_figures_and_logs_them(
    kind: Path, tmp_path: Path, run_cli: Run, mlflow_runs: MlflowRuns
) -> None:
    done = run_cli("update", "--data", kind, "--base", BASE, "--out", tmp_path / "out", "--mlflow")
    assert done.returncode == 0, done.stderr
    assert "AUC before" in done.stdout
    assert "unmask promote" in done.stdout
    (run,) = mlflow_runs()
    assert run.data.params["mode"] == "quick"
    assert run.data.params["base_sha256"] == read_card(BASE)[1]
    assert run.data.metrics["after/new/auc"] >= run.data.metrics["before/new/auc"]
    assert run.data.tags["unmask.model_sha256"] == read_card(tmp_path / "out" / "model.onnx")[1]
