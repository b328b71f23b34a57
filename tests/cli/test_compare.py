"""`unmask compare`."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conftest import MODEL, Run


def test_compare_finds_no_difference_to_itself(run_cli: Run, faces: Path) -> None:
    done = run_cli("compare", MODEL, MODEL, "--data", faces, "--no-stability", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)["tiers"]["clean"]
    assert told["p_value"] == 1.0
    assert all(figure["winner"] is None for figure in told["figures"].values())
    words = run_cli("compare", MODEL, MODEL, "--data", faces, "--no-stability")
    assert "no difference in ranking is statistically significant" in words.stdout


def test_compare_says_where_nothing_could_be_judged(run_cli: Run, faces: Path) -> None:
    for path in faces.rglob("*.jpg"):
        path.write_bytes(b"no picture")
    assert run_cli("compare", MODEL, MODEL, "--data", faces, "--no-stability").returncode == 1
