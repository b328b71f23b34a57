"""MLflow runs: failures of the server, runs that continue, and the missing extra."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.conftest import SAMPLES, MlflowRuns, Run
from unmask.mlflow_tracking import MlflowRun, metric_name


def test_a_server_that_is_down_costs_one_line_and_no_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    lines: list[str] = []
    with MlflowRun("train", {}, run_file=tmp_path / "mlflow.json", log=lines.append) as run:
        for epoch in (1, 2):
            run.log_metrics({"epoch": epoch}, epoch)
    assert len(lines) == 1
    assert lines[0].startswith("MLflow: ")
    assert "the run continues" in lines[0]
    assert not (tmp_path / "mlflow.json").exists()


def test_what_a_failing_server_missed_is_logged_at_the_end(
    mlflow_runs: MlflowRuns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    def fail(*_: object, **__: object) -> None:
        raise MlflowException("the disk of the server is full")

    lines: list[str] = []
    with MlflowRun("train", {"a": 1}, log=lines.append) as run:
        with monkeypatch.context() as patch:
            patch.setattr(MlflowClient, "log_batch", fail)
            run.log_metrics({"epoch": 1, "loss": 0.5}, 1)
        run.log_metrics({"epoch": 2, "loss": 0.25}, 2)
    (stored,) = mlflow_runs()
    assert [each.value for each in MlflowClient().get_metric_history(stored.info.run_id, "loss")] == [0.5, 0.25]
    assert stored.info.status == "FINISHED"
    assert lines == ["MLflow: the disk of the server is full; the run continues, and its end tries again"]


def test_ctrl_c_ends_the_run_as_killed_and_the_same_run_continues(mlflow_runs: MlflowRuns, tmp_path: Path) -> None:
    run_file = tmp_path / "mlflow.json"
    with pytest.raises(KeyboardInterrupt), MlflowRun("train", {"a": 1}, run_file=run_file):
        raise KeyboardInterrupt
    assert mlflow_runs()[0].info.status == "KILLED"
    with MlflowRun("train", {"a": 1}, run_file=run_file):
        assert mlflow_runs()[0].info.status == "RUNNING"
    assert [run.info.status for run in mlflow_runs()] == ["FINISHED"]


def test_a_run_that_the_server_no_longer_has_starts_anew(mlflow_runs: MlflowRuns, tmp_path: Path) -> None:
    from mlflow import get_tracking_uri

    run_file = tmp_path / "mlflow.json"
    run_file.write_text(json.dumps({"tracking_uri": get_tracking_uri(), "run_id": "0" * 32}))
    with MlflowRun("train", {}, run_file=run_file):
        pass
    assert json.loads(run_file.read_text())["run_id"] == mlflow_runs()[0].info.run_id


@pytest.mark.parametrize("command", ["train", "promote"])
def test_the_missing_extra_is_one_line_before_any_work(
    command: str, run_cli: Run, tmp_path: Path, astronaut: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    manifest = tmp_path / "manifest.csv"
    manifest.write_text(f"file_name,label\n{astronaut},real\n{SAMPLES / 'generated.jpg'},fake\n")
    arguments = ["fast", "--data", manifest] if command == "promote" else [manifest, "-o", tmp_path / "out"]
    done = run_cli(command, *arguments, "--mlflow")
    assert done.returncode != 0
    assert "--mlflow needs an optional part: pip install '.[mlflow]'" in done.stderr


def test_characters_that_mlflow_rejects_are_replaced() -> None:
    assert metric_name("clean/text-to-image (FLUX.1, SDXL)/auc") == "clean/text-to-image _FLUX.1_ SDXL_/auc"
