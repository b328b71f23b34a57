"""The example notebook runs, cell by cell, on a tiny dataset."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[2] / "examples" / "train_and_evaluate.ipynb"


def test_the_notebook_trains_and_evaluates_a_model(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    assert len(cells) == 10
    monkeypatch.setenv("DATA", str(pictures))
    monkeypatch.setenv("RUN", str(tmp_path / "run"))
    monkeypatch.setenv("RECIPE", "tiny")
    names: dict[str, object] = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    printed = capsys.readouterr().out
    assert "the audit passed" in printed
    assert "clean" in printed
    assert "% fake" in printed.splitlines()[-1]
    assert (tmp_path / "run" / "model.onnx").exists()
