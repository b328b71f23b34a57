from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.conftest import learner, quick_train
from unmask.datasets import Dataset
from unmask.errors import TrainingError
from unmask.training.run_dir import RunDir


def test_a_run_is_not_overwritten(trained: Path, pictures: Path) -> None:
    with pytest.raises(TrainingError, match="holds a run already; add --resume"):
        quick_train(Dataset.load(pictures), learner(), trained)
    with pytest.raises(TrainingError, match="another recipe"):
        quick_train(Dataset.load(pictures), learner(seed=8), trained, resume=True)


def test_a_finished_model_and_a_running_training_are_not_overwritten(few: Dataset, tmp_path: Path) -> None:
    (tmp_path / "done").mkdir()
    (tmp_path / "done" / "model.onnx").touch()
    for resume in (False, True):
        with pytest.raises(TrainingError, match="holds a finished model"):
            quick_train(few, learner(), tmp_path / "done", force=True, resume=resume)
    with RunDir(tmp_path / "busy").locked(), pytest.raises(TrainingError, match="another run is writing into"):
        quick_train(few, learner(), tmp_path / "busy", force=True)
    (tmp_path / "file").touch()
    with pytest.raises(TrainingError, match="cannot be written to"):
        quick_train(few, learner(), tmp_path / "file", force=True)
