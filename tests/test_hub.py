from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.conftest import Run
from unmask.card import METADATA_KEY, DecisionRule, ModelCard
from unmask.card_reader import read_card
from unmask.detector import Detector
from unmask.errors import MissingExtra, UnknownModel
from unmask.hub import resolve, write_folder
from unmask.preprocessing import Preprocessing
from unmask.verdict import Thresholds


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model file whose score is the mean brightness."""
    preprocessing = Preprocessing(size=32)
    card = ModelCard("bright", "3", "calls bright pictures fake", preprocessing=preprocessing, limits=("a joke",))
    nodes = [
        helper.make_node("Cast", ["pixels"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["float", "axes"], ["logit"], keepdims=0),
    ]
    axes = numpy_helper.from_array(np.array([1, 2, 3], np.int64), "axes")
    graph = helper.make_graph(
        nodes,
        "bright",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["N", 32, 32, 3])],
        [helper.make_tensor_value_info("logit", TensorProto.FLOAT, ["N"])],
        [axes],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(proto, {METADATA_KEY: card.to_json()})
    path = tmp_path / "bright.onnx"
    path.write_bytes(proto.SerializeToString())
    return path


def test_an_exported_folder_loads_as_the_same_model(model: Path, tmp_path: Path, run_cli: Run) -> None:
    folder = tmp_path / "hub"
    done = run_cli("models", model, "--export-hub", folder)
    assert done.returncode == 0, done.stderr
    config = json.loads((folder / "config.json").read_text("utf-8"))
    assert config["id2label"] == {"0": "real", "1": "fake"}
    assert json.loads((folder / "preprocessor_config.json").read_text("utf-8"))["size"] == {"height": 32, "width": 32}
    readme = (folder / "README.md").read_text("utf-8")
    assert readme.startswith("---\nlibrary_name: unmask\n")
    assert "- a joke" in readme
    assert read_card(folder) == read_card(model)


def test_the_readme_states_the_cards_figures(model: Path, tmp_path: Path) -> None:
    card, _ = read_card(model)
    scope = {"auc": [0.9, 0.85, 0.95], "accuracy": [0.8, 0.7, 0.9]}
    rates = {"n_real": 40, "n_fake": 30, "false_alarms": [0.05, 0.0, 0.1]}
    metrics = {
        "tiers": {"clean": {"all": scope, "sources": {"films": {"auc": [0.7, 0.6, 0.8]}}}},
        "groups": {"attributes": {"tone": {"tan": rates, "dark": {"n_real": 3, "n_fake": 0}}}},
    }
    write_folder(ModelCard(card.name, card.version, metrics=metrics), model.read_bytes(), tmp_path / "hub")
    readme = (tmp_path / "hub" / "README.md").read_text("utf-8")
    assert "| clean | all | 0.900 (0.850–0.950) | 0.800 (0.700–0.900) |" in readme
    assert "| clean | films | 0.700 (0.600–0.800) | – |" in readme
    assert "| tone: tan | 40 / 30 | 0.050 (0.000–0.100) | – |" in readme
    assert "| tone: dark | 3 / 0 | – | – |" in readme


def test_the_license_is_written_in_the_format_of_the_hub(model: Path, tmp_path: Path) -> None:
    card, _ = read_card(model)
    for terms, front in (
        ("for research only: see X", ["license: other", "license_name: terms-of-my-model", "license_link: LICENSE"]),
        ("", ["license: unknown"]),
    ):
        folder = tmp_path / f"hub{len(terms)}"
        write_folder(replace(card, name="My model", license=terms), model.read_bytes(), folder)
        readme = (folder / "README.md").read_text("utf-8")
        assert [line for line in readme.split("---")[1].splitlines() if line.startswith("license")] == front
        assert (folder / "LICENSE").exists() == bool(terms)


def test_a_hub_id_is_fetched_where_the_hub_is_installed(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []

    def download(repo: str, file: str) -> str:
        asked.append((repo, file))
        return str(model)

    monkeypatch.setitem(sys.modules, "huggingface_hub", SimpleNamespace(hf_hub_download=download))
    monkeypatch.chdir(tmp_path)
    for name in ("somebody/some-model", "somebody/model-v1.2"):
        assert Detector.load(name, threads=1).card.name == "bright"
    assert asked == [("somebody/some-model", "model.onnx"), ("somebody/model-v1.2", "model.onnx")]


def test_names_and_file_paths_resolve_to_themselves(model: Path) -> None:
    for name in ("default", model, "missing/file.onnx"):
        assert resolve(name) == name


def test_a_shipped_name_takes_precedence_over_a_folder(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "default").mkdir()
    (tmp_path / "default" / "model.onnx").write_bytes(model.read_bytes())
    monkeypatch.chdir(tmp_path)
    assert read_card("default")[0].name == "default"
    assert read_card("./default")[0].name == "bright"


def test_a_missing_model_raises_an_error_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(UnknownModel, match=r"the folder has no model.onnx"):
        resolve(tmp_path)
    with pytest.raises((UnknownModel, MissingExtra), match=r"somebody/some-model: no such file"):
        resolve("somebody/some-model")


@pytest.mark.parametrize(
    ("thresholds", "words"),
    [
        (Thresholds(0.2, 0.8), "Classifies faces as real or fake, with"),
        (Thresholds(0.0, 0.8), "Finds fakes among faces, with"),
        (Thresholds(0.2, 1.0), "Recognizes real faces, with"),
        (Thresholds(0.0, 1.0), "Scores faces, without the labels real and fake, with"),
    ],
)
def test_the_readme_states_which_labels_a_model_gives(
    model: Path, tmp_path: Path, thresholds: Thresholds, words: str
) -> None:
    card = replace(ModelCard("bright", "3"), decision=DecisionRule(thresholds))
    write_folder(card, model.read_bytes(), tmp_path / "hub")
    assert words in (tmp_path / "hub" / "README.md").read_text("utf-8")
