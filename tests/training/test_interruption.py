"""Runs that are killed or cut off, and runs of several processes: they end as any other does."""

from __future__ import annotations

import csv
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from tests.training.conftest import QUICK, learner, quick_train
from unmask.datasets import Dataset
from unmask.detector import Detector
from unmask.errors import TrainingError
from unmask.training import Recipe
from unmask.training.exporting import open_file


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
