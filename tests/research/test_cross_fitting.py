"""Cross-fitting: which fakes are hardly altered, and the manifest that samples them less often."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.training.conftest import learner
from unmask.datasets import Dataset
from unmask.training.config_io import to_toml


def crossfit(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command: Sequence[str] = [sys.executable, "-m", "research.cross_fitting", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def mislabeled(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dataset with ten real images among the fakes, like face swaps without a visible change."""
    root = tmp_path_factory.mktemp("mislabeled") / "stripes"
    shutil.copytree(pictures, root)
    for path in sorted((root / "Train" / "Real").glob("*.jpg"))[:10]:
        path.rename(root / "Train" / "Fake" / f"unaltered-{path.name}")
    return root


@pytest.mark.slow
def test_unaltered_fakes_are_sampled_less_often(mislabeled: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "learner.toml"
    recipe.write_text(to_toml(learner().to_dict()), "utf-8")
    done = crossfit(mislabeled, "--recipe", recipe, "--out", tmp_path, "--weight", "0.2", "--threads", "1")
    assert done.returncode == 0, done.stderr
    before, after = Dataset.load(mislabeled), Dataset.load(tmp_path)
    assert [item.name for item in before] == [item.name for item in after]
    assert before.sha256 == after.sha256
    low = {item.name for item in after if item.weight == 0.2}
    assert {item.weight for item in after if item.name not in low} == {1.0}
    assert all(item.label == "fake" and item.split == "train" for item in after if item.name in low)
    unaltered = {item.name for item in after if "unaltered" in item.name}
    altered = {item.name for item in after.where(label="fake", split="train")} - unaltered
    assert len(low & unaltered) / len(unaltered) > len(low & altered) / len(altered) + 0.2


def test_errors_are_one_line(pictures: Path, tmp_path: Path) -> None:
    for arguments, message in (
        (("--recipe", "tiny", "--sources", "elsewhere"), "no training pictures of elsewhere; there are"),
        (("--recipe", "tiny", "--folds", "1"), "at least 2 folds, not 1"),
    ):
        failed = crossfit(pictures, "--out", tmp_path / "out", *arguments)
        assert failed.returncode == 1
        assert failed.stderr.startswith("unmask: ")
        assert message in failed.stderr
        assert len(failed.stderr.splitlines()) == 1
