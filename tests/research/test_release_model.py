from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

pytest.importorskip("onnx")

from research.release.release_model import release
from unmask.card_reader import read_card
from unmask.training import Recipe


def test_a_released_file_has_its_name_and_keeps_its_figures(tmp_path: Path) -> None:
    source, target = Path(str(files("unmask").joinpath("models", "open.onnx"))), tmp_path / "fast.onnx"
    digest = release(source, target, name="fast", words=Recipe.load("default"), summary="quick", also=["Small."])
    before, (after, found) = read_card(source)[0], read_card(target)
    assert (after.name, after.summary, after.limits[0], found) == ("fast", "quick", "Small.", digest)
    assert (after.metrics, after.decision) == (before.metrics, before.decision)
    assert before.name == "open"
