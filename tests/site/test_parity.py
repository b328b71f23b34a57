"""The site gives the verdicts of Python: boxes within a pixel, probabilities within 0.01, the same labels."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
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


def compare(page: Page, model: str, pictures: Mapping[str, bytes]) -> list[str]:
    """What differs, one line each."""
    detector = Detector.load(model)
    faults = []
    for name, data in pictures.items():
        expected = detector.predict(data, name=name).to_dict()
        found = page.evaluate(JUDGE, [base64.b64encode(data).decode(), name, model])
        faults += [
            f"{name}: {field} {found[field]}, not {expected[field]}"
            for field in SAME
            if found[field] != expected[field]
        ]
        faults += differences(name, found["faces"], expected["faces"])
    return faults


def differences(name: str, found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> list[str]:
    if len(found) != len(expected):
        return [f"{name}: {len(found)} faces, not {len(expected)}"]
    faults = []
    for one, other in zip(found, expected, strict=True):
        apart = max(abs(a - b) for a, b in zip(one["box"], other["box"], strict=True))
        change = abs(one["probability_fake"] - other["probability_fake"])
        spread = max(abs(one["stability"][end] - other["stability"][end]) for end in ("min", "max"))
        if apart > PIXELS or max(change, spread) > PROBABILITY or one["label"] != other["label"]:
            faults.append(f"{name}: {one}, not {other}")
    return faults


@pytest.mark.parametrize("model", ["fast", pytest.param("default", marks=pytest.mark.slow)])
def test_made_pictures_get_the_verdicts_of_python(
    host: Host, open_site: Callable[..., Page], portrait: Image.Image, astronaut: Path, model: str
) -> None:
    pictures = {"astronaut.jpg": astronaut.read_bytes(), **made_pictures(portrait)}
    if model == "default":
        pictures = dict(list(pictures.items())[::5])
    assert compare(open_site(host), model, pictures) == []


def test_labeled_pictures_get_the_verdicts_of_python(host: Host, open_site: Callable[..., Page], data: Path) -> None:
    assert compare(open_site(host), "fast", labeled_pictures(data, 10)) == []


@pytest.mark.slow
@pytest.mark.parametrize("model", ["fast", "default"])
def test_200_labeled_pictures_get_the_verdicts_of_python(
    host: Host, open_site: Callable[..., Page], data: Path, model: str
) -> None:
    assert compare(open_site(host), model, labeled_pictures(data, 200)) == []
