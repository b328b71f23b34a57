from __future__ import annotations

from xml.etree import ElementTree

from unmask.html.heatmap import HeatmapCell, heatmap

SVG = "{http://www.w3.org/2000/svg}"


def test_cells_have_readable_text() -> None:
    svg = heatmap(
        "t", "d", ("x", ["a", "b"]), ("y", ["c"]), [[HeatmapCell(0.0, "light"), HeatmapCell(1.0, "dark", "more")]]
    )
    styles = {node.text: node.get("style") for node in ElementTree.fromstring(svg).iter(f"{SVG}text")}
    assert styles["light"] == "fill:#1c2024"
    assert styles["dark"] == styles["more"] == "fill:#ffffff"
