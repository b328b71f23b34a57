from __future__ import annotations

import json
from pathlib import Path

from tests.conftest import SAMPLES, Run


def test_models_are_listed_with_their_thresholds(run_cli: Run) -> None:
    done = run_cli("models")
    assert done.returncode == 0
    rows = {line.split()[1]: line for line in done.stdout.splitlines() if line.startswith("│")}
    assert {"default", "fast", "open"} <= rows.keys()
    assert "%" in rows["default"]
    assert "never" in rows["open"]


def test_never_real_is_shown_for_a_model_without_that_label(run_cli: Run, tmp_path: Path) -> None:
    picture = SAMPLES / "astronaut.jpg"
    assert "unsure below" in run_cli("detect", picture, "-v", "--model", "open").stdout
    assert run_cli("report", picture, "--out", tmp_path / "why.html", "--model", "open").returncode == 0
    page = (tmp_path / "why.html").read_text("utf-8")
    assert "this model never calls a face real" in page
    assert "real below" not in page


def test_json_has_all_fields_of_a_card(run_cli: Run) -> None:
    card = json.loads(run_cli("models", "default", "--json").stdout)
    assert card["classes"] == ["real", "fake"]
    assert card["thresholds"]["real_below"] <= card["thresholds"]["fake_above"]
    assert card["training_data"]
    assert card["metrics"]
    assert card["limits"]
    assert card["licence"]


def test_an_unknown_model_exits_2(run_cli: Run) -> None:
    done = run_cli("models", "nonsense")
    assert done.returncode == 2
    assert "default" in done.stderr


def test_an_export_folder_that_cannot_be_written_is_one_line(run_cli: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run_cli("models", "default", "--export-hub", tmp_path / "file")
    assert done.returncode == 1
    assert done.stderr == f"unmask: {tmp_path / 'file'}: File exists\n"
