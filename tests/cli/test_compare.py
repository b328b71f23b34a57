"""`unmask compare`."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conftest import MODEL, Run


def test_a_model_does_not_differ_from_itself(run_cli: Run, faces: Path) -> None:
    done = run_cli("compare", MODEL, MODEL, "--data", faces, "--no-stability", "--json")
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)["tiers"]["clean"]
    assert printed["p_value"] == 1.0
    assert all(figure["winner"] is None for figure in printed["figures"].values())
    text = run_cli("compare", MODEL, MODEL, "--data", faces, "--no-stability")
    assert "no difference in ranking is statistically significant" in text.stdout


def test_exit_1_if_no_picture_could_be_judged(run_cli: Run, faces: Path) -> None:
    for path in faces.rglob("*.jpg"):
        path.write_bytes(b"no picture")
    assert run_cli("compare", MODEL, MODEL, "--data", faces, "--no-stability").returncode == 1
