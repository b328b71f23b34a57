from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

from unmask.html.charts import HEIGHT, WIDTH, Axis, Band, Bars, Line, draw

SVG = "{http://www.w3.org/2000/svg}"


def words(svg: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_a_chart_names_its_axes_and_marks() -> None:
    x = np.linspace(0, 1, 500)
    marks = [
        Line(x, x**2, "curve", "one"),
        Bars(np.array([0, 0.5, 1.0]), np.array([0.2, 0.9]), "bars"),
        Band(0.2, 0.4, "band"),
    ]
    svg = draw("A & B", "what <is> seen", Axis("across"), Axis("up", 0, 2, percent=False), marks)
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == "A & B"
    assert root.findtext(f"{SVG}desc") == "what <is> seen"
    assert {"A & B", "across", "up", "curve", "bars", "band", "0 %", "100 %", "0", "2"} <= set(words(svg))


def test_marks_stay_inside_the_picture() -> None:
    svg = draw(
        "t", "d", Axis("x"), Axis("y"), [Line(np.array([0, 0.5, 1]), np.array([-3.0, 0.5, 9.0]), "a label", at=1.0)]
    )
    path = next(ElementTree.fromstring(svg).iter(f"{SVG}path")).get("d")
    assert path is not None
    points = [tuple(map(float, point.split())) for point in path[1:].split("L")]
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)


def test_long_curves_are_thinned_but_keep_their_ends() -> None:
    x = np.linspace(0, 1, 100_000)
    svg = draw("t", "d", Axis("x"), Axis("y"), [Line(x, x)])
    assert len(svg) < 12_000


@pytest.mark.parametrize("y", [np.array([np.nan, np.nan]), np.array([0.5, np.nan])])
def test_nan_is_not_drawn(y: np.ndarray) -> None:
    svg = draw("t", "d", Axis("x"), Axis("y"), [Line(np.array([0.0, 1.0]), y, "line")])
    ElementTree.fromstring(svg)
    assert "nan" not in svg


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.4, 1.0), (0.0, 0.267), (-3.0, 40.0)])
def test_ticks_are_round_and_within(low: float, high: float) -> None:
    ticks = Axis("x", low, high, percent=False).tick_values()
    assert 3 <= len(ticks) <= 8
    assert low - 1e-9 <= min(ticks) <= max(ticks) <= high + 1e-9
    assert all(len(f"{tick:.3g}".strip("-")) <= 5 for tick in ticks)


def texts(svg: str) -> dict[str, tuple[float, float]]:
    """Place of each text."""
    nodes = ElementTree.fromstring(svg).iter(f"{SVG}text")
    return {node.text or "": (float(node.get("x") or 0), float(node.get("y") or 0)) for node in nodes}


def test_one_label_stands_beside_its_line_and_several_in_a_legend() -> None:
    x = np.linspace(0, 1, 50)
    one = texts(draw("t", "d", Axis("x"), Axis("y"), [Line(x, x, "clean"), Line(x, 1 - x)]))
    assert one["clean"][1] < HEIGHT - 50
    labels = [f"curve number {number}" for number in range(6)]
    several = draw("t", "d", Axis("x"), Axis("y"), [Line(x, x, label) for label in labels])
    places = [texts(several)[label] for label in labels]
    assert all(y > HEIGHT for _, y in places)
    assert len(set(places)) == len(places)
    for (left, row), (right, same) in pairwise(places):
        assert row != same or right - left > 7 * len(labels[0])
    assert max(left + 7 * len(labels[0]) for left, _ in places) <= WIDTH
