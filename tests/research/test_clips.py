"""The margin of clips, measured and stored in a model card."""

from __future__ import annotations

from pathlib import Path

import pytest

import unmask
from research.release.release_model import add_metrics
from research.studies.clips import cell
from unmask.card_reader import read_card
from unmask.video.inference import logit_margin

pytest.importorskip("av")


def test_add_metrics_stores_the_margin_of_clips(tmp_path: Path) -> None:
    assert cell([True, False]).endswith("1 of 2")
    model = tmp_path / "fast.onnx"
    model.write_bytes((Path(unmask.__file__).parent / "models" / "fast.onnx").read_bytes())
    before = read_card(model)[0]
    add_metrics(model, "video", {"margin": logit_margin(before) + 0.25})
    after = read_card(model)[0]
    assert logit_margin(after) == logit_margin(before) + 0.25
    assert {**after.metrics, "video": None} == {**before.metrics, "video": None}
