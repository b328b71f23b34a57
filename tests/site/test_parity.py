"""The site gives the verdicts of Python: boxes within a pixel, probabilities within 0.01, the same labels."""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.site.conftest import Host
from tests.site.pictures import labeled_pictures, made_pictures
from unmask import Detector

pytestmark = pytest.mark.integration

PROBABILITY, PIXELS = 0.01, 1
SAME = ("path", "sha256", "width", "height", "format", "label", "thresholds", "model", "smallest_face")
JUDGE = """async ([text, name, model]) => {
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0)).buffer;
  const { poolOf } = await import("./static/js/site.js");
  return (await poolOf(model)).detect(bytes, name, {});
}"""


@dataclass
class Comparison:
    """The largest differences between the verdicts of the browser and of Python, and what differs too much."""

    pictures: int = 0
    faces: int = 0
    labels_equal: int = 0
    pixels: float = 0.0
    probability: float = 0.0
    stability: float = 0.0
    faults: list[str] = field(default_factory=list)

    def add(self, found: dict[str, Any], expected: dict[str, Any]) -> None:
        self.pictures += 1
        self.labels_equal += found["label"] == expected["label"]
        name = expected["path"]
        self.faults += [
            f"{name}: {key} {found[key]}, not {expected[key]}" for key in SAME if found[key] != expected[key]
        ]
        if len(found["faces"]) != len(expected["faces"]):
            self.faults.append(f"{name}: {len(found['faces'])} faces, not {len(expected['faces'])}")
            return
        for one, other in zip(found["faces"], expected["faces"], strict=True):
            self._add_face(name, one, other)

    def _add_face(self, name: str, found: dict[str, Any], expected: dict[str, Any]) -> None:
        pixels = max(abs(a - b) for a, b in zip(found["box"], expected["box"], strict=True))
        change = abs(found["probability_fake"] - expected["probability_fake"])
        spread = max(abs(found["stability"][end] - expected["stability"][end]) for end in ("min", "max"))
        self.faces += 1
        self.pixels, self.probability = max(self.pixels, pixels), max(self.probability, change)
        self.stability = max(self.stability, spread)
        if pixels > PIXELS or max(change, spread) > PROBABILITY or found["label"] != expected["label"]:
            self.faults.append(f"{name}: {found}, not {expected}")

    def __str__(self) -> str:
        return (
            f"labels equal {self.labels_equal}/{self.pictures}, {self.faces} faces; largest difference: "
            f"box {self.pixels:g} px, probability {self.probability:.2g}, stability {self.stability:.2g}"
        )


def compare(page: Page, model: str, pictures: Mapping[str, bytes]) -> Comparison:
    """The verdicts of a model in the browser beside those in Python. `pytest -rP` prints the differences."""
    detector, comparison = Detector.load(model), Comparison()
    for name, data in pictures.items():
        found = page.evaluate(JUDGE, [base64.b64encode(data).decode(), name, model])
        comparison.add(found, detector.predict(data, name=name).to_dict())
    sys.stdout.write(f"{model}: {comparison}\n")
    return comparison


@pytest.mark.parametrize("model", ["fast", pytest.param("default", marks=pytest.mark.slow)])
def test_made_pictures_get_the_verdicts_of_python(
    host: Host, open_site: Callable[..., Page], portrait: Image.Image, astronaut: Path, model: str
) -> None:
    pictures = {"astronaut.jpg": astronaut.read_bytes(), **made_pictures(portrait)}
    if model == "default":
        pictures = dict(list(pictures.items())[::5])
    assert compare(open_site(host), model, pictures).faults == []


def test_labeled_pictures_get_the_verdicts_of_python(host: Host, open_site: Callable[..., Page], data: Path) -> None:
    assert compare(open_site(host), "fast", labeled_pictures(data, 4)).faults == []


@pytest.mark.slow
@pytest.mark.parametrize("model", ["fast", "default"])
def test_200_labeled_pictures_get_the_verdicts_of_python(
    host: Host, open_site: Callable[..., Page], data: Path, model: str
) -> None:
    assert compare(open_site(host), model, labeled_pictures(data, 200)).faults == []
