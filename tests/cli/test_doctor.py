"""`unmask doctor`."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.conftest import SAMPLES, Run


def test_doctor_passes_on_a_working_installation(run_cli: Run) -> None:
    done = run_cli("doctor", "--json")
    checks = {row["name"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 0, checks
    assert checks["self-test"]["ok"] is True
    assert checks["model default"]["ok"] is True
    assert any(name.startswith("extra ") for name in checks)
    assert "self-test" in run_cli("doctor").stdout


@pytest.mark.integration
def test_doctor_and_detect_report_a_broken_engine(run_process: Run, astronaut: Path, tmp_path: Path) -> None:
    (tmp_path / "onnxruntime.py").write_text("raise ImportError('DLL load failed')\n")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = run_process("doctor", env=environment)
    assert done.returncode == 1
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAIL")]
    assert {line.split()[1] for line in failed} == {"onnxruntime", "self-test"}
    assert all("DLL load failed" in line and "reinstall" in line for line in failed)
    judged = run_process("detect", astronaut, env=environment)
    assert judged.returncode == 1
    assert judged.stderr.startswith("unmask: ONNX Runtime cannot be loaded (DLL load failed)")
    assert "Traceback" not in done.stderr + judged.stderr


@pytest.mark.integration
def test_doctor_advises_to_reinstall_a_damaged_model(run_process: Run, tmp_path: Path) -> None:
    """A copy of the package with a truncated model: the check fails with advice."""
    shutil.copytree(SAMPLES.parent, tmp_path / "unmask")
    model = tmp_path / "unmask" / "models" / "default.onnx"
    model.write_bytes(model.read_bytes()[:-1])
    done = run_process("doctor", cwd=tmp_path)
    assert done.returncode == 1
    assert "damaged" in done.stdout
    assert "reinstall" in done.stdout
