from __future__ import annotations

from xml.etree import ElementTree

from unmask.html.charts import Axis
from unmask.html.forest_plot import ForestRow, forest_plot

SVG = "{http://www.w3.org/2000/svg}"


def words(svg: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_every_row_is_shown() -> None:
    rows = [ForestRow("first", 0.7, 0.6, 0.8), ForestRow("none", *[float("nan")] * 3)]
    svg = forest_plot("t", "d", Axis("AUC", 0.5, 1.0, percent=False), rows, (0.6,))
    assert {"first", "none", "0.700", "no such figure"} <= set(words(svg))
