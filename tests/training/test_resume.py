"""Runs that are interrupted, killed, or divided between processes end like any other run."""

from __future__ import annotations

import csv
import multiprocessing
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import Run
from tests.training.conftest import QUICK, learner, quick_train, random_pixels
from unmask.datasets import Dataset
from unmask.detector import Detector
from unmask.errors import TrainingError
from unmask.training import Recipe
from unmask.training.export.onnx import open_file

SETTINGS: dict[str, Any] = {
    "preprocessing.size": 32,
    "fit.epochs": 3,
    "fit.batch_size": 16,
    "data.per_epoch": 48,
    "data.hold_out": 0.25,
}


class Interruption(Exception):
    """Stops a run."""


def interrupt(*arguments: object, **options: object) -> None:
    raise Interruption


def test_a_run_interrupted_at_any_stage_ends_with_the_same_files(
    few: Dataset, quick_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the audit, before the export, and before the card is written; resumed with and without TensorBoard."""
    recipe = learner(**QUICK)
    for stage in ("find_face_boxes", "export", "write_card"):
        with monkeypatch.context() as patch:
            patch.setattr(f"unmask.training.pipeline.{stage}", interrupt)
            with pytest.raises(Interruption):
                quick_train(few, recipe, tmp_path, force=True, resume=True)
    with pytest.raises(TrainingError, match="holds a run on other pictures"):
        quick_train(few.take(range(40)), recipe, tmp_path, force=True, resume=True, tensorboard=True)
    quick_train(few, recipe, tmp_path, force=True, resume=True, tensorboard=True)
    assert list((tmp_path / "tensorboard").iterdir())
    for name in ("history.csv", "model.onnx", "model-card.json"):
        assert (tmp_path / name).read_bytes() == (quick_run / name).read_bytes(), name


@pytest.mark.slow
def test_two_runs_of_one_seed_have_identical_files(few: Dataset, quick_run: Path, tmp_path: Path) -> None:
    quick_train(few, learner(**QUICK), tmp_path, force=True)
    for name in ("history.csv", "splits.csv", "model.onnx", "model-card.json", "model-evaluation.json"):
        assert (tmp_path / name).read_bytes() == (quick_run / name).read_bytes(), name


def train_in_child(cache: str, pictures: Path, output: Path) -> None:
    """Start or resume the run in `output`, in a process that may be killed."""
    os.environ["UNMASK_CACHE"] = cache
    quick_train(Dataset.load(pictures), Recipe.load("grain", **SETTINGS), output, resume=True)


def kill_when(due: Callable[[], bool], pictures: Path, output: Path) -> None:
    """Run `train_in_child` and kill it as soon as `due` returns True, unless it ends before."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["unmask.training.pipeline", "torch._dynamo"])
    process = context.Process(target=train_in_child, args=(os.environ["UNMASK_CACHE"], pictures, output))
    process.start()
    while process.is_alive() and not due():
        time.sleep(0.01)
    process.kill()
    process.join()


def command(pictures: Path, output: Path, *more: str) -> list[str]:
    """Arguments of `unmask` that train the run of `train_in_child`."""
    sets = [f"--set={key}={value}" for key, value in SETTINGS.items()]
    base = ["train", str(pictures), "-r", "grain", "-o", str(output), *sets]
    return [*base, "--threads", "1", "--workers", "0", "--device", "cpu", *more]


@pytest.mark.integration
@pytest.mark.skipif(sys.platform == "win32", reason="needs the start method forkserver")
@pytest.mark.slow
@pytest.mark.parametrize("kills", [1, 12])
def test_a_run_killed_at_random_moments_ends_with_identical_weights(
    pictures: Path, tmp_path: Path, run_cli: Run, kills: int
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    began = time.monotonic()
    quick_train(Dataset.load(pictures), Recipe.load("grain", **SETTINGS), whole)
    took, moments = time.monotonic() - began, random.Random(kills)
    kill_when(lambda: (killed / "last.pt").exists(), pictures, killed)
    assert not (killed / "model.onnx").exists()
    for _ in range(kills):
        due = time.monotonic() + moments.uniform(0, took)
        kill_when(lambda due=due: time.monotonic() > due, pictures, killed)
    done = run_cli(*command(pictures, killed, "--resume"))
    assert done.returncode == 0, done.stderr
    assert (whole / "history.csv").read_bytes() == (killed / "history.csv").read_bytes()
    pixels = random_pixels(4, 32)
    logits = [open_file(folder / "model.onnx", 1).run(pixels=pixels)["logit"] for folder in (whole, killed)]
    assert np.array_equal(*logits)


@pytest.mark.integration
@pytest.mark.slow
def test_two_processes_train_one_network(pictures: Path, tmp_path: Path) -> None:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone", "-m", "unmask"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    arguments = command(pictures, tmp_path / "out", "--set=fit.epochs=1", '--set=fit.tiers=["clean"]')
    done = subprocess.run([*launcher, *arguments], capture_output=True, text=True, env=environment, timeout=900)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("model.onnx") == 1
    rows = list(csv.DictReader((tmp_path / "out" / "history.csv").open()))
    assert len(rows) == 1
    assert Detector.load(tmp_path / "out" / "model.onnx").card.name == "grain"
