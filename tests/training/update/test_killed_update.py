"""An update that is killed continues, and ends with the same model."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.training.update.conftest import BASE
from unmask.datasets import Dataset
from unmask.training.update import quick_update


def wait_for(running: subprocess.Popen[bytes], pattern: str, folder: Path, seconds: float = 120.0) -> None:
    """Wait until a file exists, or the process ends."""
    deadline = time.monotonic() + seconds
    while running.poll() is None and not list(folder.glob(pattern)) and time.monotonic() < deadline:
        time.sleep(0.01)


@pytest.mark.integration
def test_an_update_killed_at_random_moments_ends_with_the_same_model(kind: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "unmask", "update", "--data", str(kind), "--base", BASE, "--out"]
    direct, killed = tmp_path / "direct", tmp_path / "killed"
    quick_update(Dataset.load(kind), BASE, direct)
    rng = random.Random(7)
    for pattern in ("features-*.npz", "draft.onnx"):
        running = subprocess.Popen([*command, str(killed)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(running, pattern, killed)
        time.sleep(rng.uniform(0.0, 0.1))
        running.send_signal(signal.SIGKILL)
        running.wait()
    subprocess.run([*command, str(killed)], check=True, capture_output=True)
    assert (killed / "model.onnx").read_bytes() == (direct / "model.onnx").read_bytes()
    assert not (killed / "draft.onnx").exists()
