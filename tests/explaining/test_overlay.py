"""Drawings of explanations."""

from __future__ import annotations

from unmask.explaining import Explanation
from unmask.explaining.overlay import overlay_heatmap


def test_the_drawing_has_a_row_for_each_face(explanation: Explanation) -> None:
    drawing = explanation.overlay()
    assert drawing.mode == "RGB"
    assert drawing.width > 700
    assert drawing.height > 320 * len(explanation.faces)
    laid = overlay_heatmap(explanation.main, 200)
    assert laid.size == (200, 200)
