from __future__ import annotations

import json
import os
from pathlib import Path

from tests.conftest import SAMPLES, Run


def test_models_are_listed_with_their_thresholds(unmask: Run) -> None:
    done = unmask("models")
    assert done.returncode == 0
    rows = {line.split()[1]: line for line in done.stdout.splitlines() if line.startswith("│")}
    assert {"default", "fast", "open"} <= rows.keys()
    assert "%" in rows["default"]
    assert "never" in rows["open"]


def test_a_model_that_never_allows_real_says_so(unmask: Run, tmp_path: Path) -> None:
    picture = SAMPLES / "astronaut.jpg"
    assert "unsure below" in unmask("detect", picture, "-v", "--model", "open").stdout
    assert unmask("report", picture, "--out", tmp_path / "why.html", "--model", "open").returncode == 0
    page = (tmp_path / "why.html").read_text("utf-8")
    assert "this model never says real" in page
    assert "real below" not in page


def test_a_card_is_shown_whole(unmask: Run) -> None:
    card = json.loads(unmask("models", "default", "--json").stdout)
    assert card["classes"] == ["real", "fake"]
    assert card["thresholds"]["real_below"] <= card["thresholds"]["fake_above"]
    assert card["training_data"]
    assert card["metrics"]
    assert card["limits"]
    assert card["licence"]


def test_an_unknown_model_exits_2(unmask: Run) -> None:
    done = unmask("models", "nonsense")
    assert done.returncode == 2
    assert "default" in done.stderr


def test_a_place_that_cannot_be_written_to_is_one_line(unmask: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = unmask("models", "default", "--export-hub", tmp_path / "file")
    assert done.returncode == 1
    assert done.stderr == f"unmask: {tmp_path / 'file'}: File exists\n"


def test_doctor_passes_on_a_sound_installation(unmask: Run) -> None:
    done = unmask("doctor", "--json")
    checks = {row["name"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 0, checks
    assert checks["self-test"]["ok"] is True
    assert checks["model default"]["ok"] is True
    assert any(name.startswith("extra ") for name in checks)
    assert "self-test" in unmask("doctor").stdout


def test_doctor_and_detect_tell_an_engine_that_cannot_be_loaded(unmask: Run, astronaut: Path, tmp_path: Path) -> None:
    (tmp_path / "onnxruntime.py").write_text("raise ImportError('DLL load failed')\n")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = unmask("doctor", env=environment)
    assert done.returncode == 1
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAIL")]
    assert {line.split()[1] for line in failed} == {"onnxruntime", "self-test"}
    assert all("DLL load failed" in line and "reinstall" in line for line in failed)
    judged = unmask("detect", astronaut, env=environment)
    assert judged.returncode == 1
    assert judged.stderr.startswith("unmask: ONNX Runtime cannot be loaded (DLL load failed)")
    assert "Traceback" not in done.stderr + judged.stderr


def test_doctor_says_what_to_do_about_a_damaged_model(unmask: Run, tmp_path: Path) -> None:
    """A copy of the package whose model lost a byte: the check fails and says what helps."""
    import shutil

    shutil.copytree(SAMPLES.parent, tmp_path / "unmask")
    model = tmp_path / "unmask" / "models" / "default.onnx"
    model.write_bytes(model.read_bytes()[:-1])
    done = unmask("doctor", cwd=tmp_path)
    assert done.returncode == 1
    assert "damaged" in done.stdout
    assert "reinstall" in done.stdout
