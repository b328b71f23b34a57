"""Training runs in MLflow's own local store: parameters, metrics, files, and runs that continue."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import MlflowRuns
from tests.training.conftest import QUICK, learner, quick_train
from tests.training.test_resume import Interruption, interrupt
from unmask.datasets import Dataset

if TYPE_CHECKING:
    from mlflow.entities import Run as MlflowStoredRun

RECIPE = learner(**(QUICK | {"fit.epochs": 2}))


def test_a_resumed_run_is_one_mlflow_run_with_each_epoch_once(
    few: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mlflow_runs: MlflowRuns
) -> None:
    output = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr("unmask.training.pipeline.export", interrupt)
        with pytest.raises(Interruption):
            quick_train(few, RECIPE, output, force=True, mlflow=True)
    assert [run.info.status for run in mlflow_runs()] == ["FAILED"]
    quick_train(few, RECIPE, output, force=True, resume=True, mlflow=True)
    (run,) = mlflow_runs()
    assert run.info.status == "FINISHED"
    assert run.data.params["fit.epochs"] == "2"
    assert run.data.params["data.content_sha256"] == few.content_sha256
    _check_history(output, run.info.run_id)
    _check_model(output, run, tmp_path)


def _check_history(output: Path, run_id: str) -> None:
    from mlflow import MlflowClient

    rows = list(csv.DictReader((output / "history.csv").open()))
    for name in ("loss", "auc"):
        history = MlflowClient().get_metric_history(run_id, name)
        assert [(each.step, each.value) for each in history] == [(n, float(row[name])) for n, row in enumerate(rows, 1)]


def _check_model(output: Path, run: MlflowStoredRun, folder: Path) -> None:
    from mlflow import MlflowClient

    client, run_id = MlflowClient(), run.info.run_id
    assert {"clean/auc", "clean/auc_low", "clean/n_fake"} <= set(run.data.metrics)
    model = (output / "model.onnx").read_bytes()
    assert run.data.tags["unmask.model_sha256"] == hashlib.sha256(model).hexdigest()
    names = {each.path for each in client.list_artifacts(run_id)}
    assert {"model.onnx", "model-card.json", "recipe.toml", "curves.png"} <= names
    assert not {"validation.png", "model-evaluation.html", "splits.csv"} & names
    assert Path(client.download_artifacts(run_id, "model.onnx", str(folder))).read_bytes() == model
