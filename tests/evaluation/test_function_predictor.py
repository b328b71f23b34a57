from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.conftest import Run
from unmask import Label
from unmask.errors import ImageError, UsageError
from unmask.evaluation.function_predictor import FunctionPredictor

RIVAL = '''
from PIL import Image

def predict(path):
    """Brightness as the probability of fake; None for a green picture, an error for a blue one."""
    with Image.open(path) as image:
        red, green, blue = image.convert("RGB").resize((1, 1)).getpixel((0, 0))
    if green > 200 > red:
        return None
    if blue > 200 > red:
        raise RuntimeError("no blue pictures")
    return red / 255

number = 3
'''


@pytest.fixture
def rival(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """`module:function` of a detector in the working directory."""
    (tmp_path / "rival_detector.py").write_text(RIVAL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "rival_detector", raising=False)
    return "rival_detector:predict"


def picture(folder: Path, color: tuple[int, int, int]) -> str:
    path = folder / f"{'-'.join(map(str, color))}.png"
    Image.new("RGB", (40, 30), color).save(path)
    return str(path)


def test_a_function_gives_verdicts_on_whole_pictures(rival: str, tmp_path: Path) -> None:
    predictor = FunctionPredictor.load(rival, "rival")
    verdict = predictor.predict(picture(tmp_path, (204, 204, 204)))
    assert (verdict.label, verdict.probability_fake) == (Label.FAKE, pytest.approx(0.8))
    assert verdict.faces[0].box == (0, 0, 40, 30)
    assert verdict.model.name == "rival"
    assert len(verdict.model.sha256) == 64
    assert predictor.predict(picture(tmp_path, (51, 51, 51))).label is Label.REAL
    assert predictor.predict(picture(tmp_path, (0, 255, 0))).label is Label.NO_FACE


def test_degraded_pictures_reach_the_function_as_files(rival: str) -> None:
    predictor = FunctionPredictor.load(rival, "rival")
    image = Image.fromarray(np.full((30, 40, 3), 102, np.uint8))
    assert predictor.predict(image).probability_fake == pytest.approx(0.4)


def test_an_exception_of_the_function_is_a_failure_of_that_picture(rival: str, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"rival fails \(RuntimeError: no blue pictures\)"):
        FunctionPredictor.load(rival, "rival").predict(picture(tmp_path, (0, 0, 255)))


@pytest.mark.parametrize("value", [1.5, -0.1, float("nan"), "fake", [0.5, 0.5]])
def test_anything_but_a_probability_is_an_error(value: Any, tmp_path: Path) -> None:
    function: Callable[[str], Any] = lambda path: value  # noqa: E731
    with pytest.raises(UsageError, match="return a number from 0 to 1"):
        FunctionPredictor(function, "rival").predict(picture(tmp_path, (0, 0, 0)))


@pytest.mark.parametrize("name", ["nowhere:predict", "rival_detector:nothing", "rival_detector:number", "text"])
def test_a_function_that_does_not_exist_is_an_error(rival: str, name: str) -> None:
    with pytest.raises(UsageError, match=r"cannot be imported|is not a function"):
        FunctionPredictor.load(name, "rival")


def test_evaluate_measures_the_function(rival: str, run_cli: Run, tmp_path: Path) -> None:
    for label, level in (("Real", 40), ("Fake", 210)):
        (tmp_path / "data" / label).mkdir(parents=True)
        for number in range(4):
            picture(tmp_path / "data" / label, (level + number,) * 3)
    done = run_cli("evaluate", "rival", "data", "--predictor", rival, "--tiers", "clean,web", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["model"]["name"] == "rival"
    assert result["tiers"]["web"]["all"]["auc"][0] == 1.0
    done = run_cli("evaluate", "rival", "data", "--predictor", rival, "--check")
    assert done.returncode == 2
    assert "--predictor cannot be combined with --check" in done.stderr
