"""The error-level and noise signals."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image, ImageFilter

from unmask.preprocessing import Box
from unmask.signals import Signal, examine
from unmask.signals.map_signal import CELLS, block_means

FACE = (140.0, 30.0, 160.0, 200.0)


def read_signal(name: str, image: Image.Image, box: Box | None) -> Signal:
    """Read one signal of a picture."""
    (signal,) = examine(image, box, only=(name,))
    return signal


def test_a_face_smoother_or_noisier_than_its_surroundings(natural: Image.Image) -> None:
    box = tuple(round(value) for value in (FACE[0], FACE[1], FACE[0] + FACE[2], FACE[1] + FACE[3]))
    smooth = natural.copy()
    smooth.paste(natural.filter(ImageFilter.GaussianBlur(6)).crop(box), box)
    for name in ("noise", "ela"):
        usual, changed = read_signal(name, natural, FACE), read_signal(name, smooth, FACE)
        assert usual.state == "usual"
        assert usual.details["face_over_surroundings"] == pytest.approx(1, abs=0.3)
        assert changed.details["face_over_surroundings"] < 0.6 * usual.details["face_over_surroundings"]
        assert changed.picture is not None
    noisy = natural.copy()
    noise = np.random.default_rng(0).normal(0, 40, (*natural.crop(box).size[::-1], 3))
    grainy = Image.fromarray(np.clip(np.asarray(natural.crop(box)) + noise, 0, 255).astype(np.uint8))
    noisy.paste(grainy, box)
    assert read_signal("noise", noisy, FACE).state == "unusual"


def test_without_surroundings_there_is_only_a_map(natural: Image.Image) -> None:
    assert read_signal("noise", natural, None).state == "map_only"
    assert read_signal("ela", natural, (0.0, 0.0, 512.0, 512.0)).state == "map_only"


@pytest.mark.parametrize("name", ["ela", "noise"])
def test_details_hold_the_map_in_the_stated_unit(natural: Image.Image, name: str) -> None:
    patched = natural.copy()
    grain = np.random.default_rng(0).normal(0, 60, (64, 64, 3))
    square = np.clip(np.asarray(natural.crop((300, 100, 364, 164))) + grain, 0, 255).astype(np.uint8)
    patched.paste(Image.fromarray(square), (300, 100))
    found = read_signal(name, patched, None)
    wire = json.loads(json.dumps(found.to_dict()))["details"]
    levels = np.array(wire["levels"])
    x, y, width, height = wire["region"]
    assert levels.shape == (CELLS, CELLS)
    assert (x, y, width, height) == (0, 0, 512, 512)
    assert levels.mean() == pytest.approx(wire["mean"], abs=1e-3)
    assert "0 to 255" in wire["unit"]
    row, column = np.unravel_index(levels.argmax(), levels.shape)
    assert 100 <= (row + 0.5) * height / CELLS < 164
    assert 300 <= (column + 0.5) * width / CELLS < 364
    drawn = np.asarray(found.picture, float) * wire["white_is"] / 255
    assert drawn[:16, :16].mean() == pytest.approx(levels[0, 0], abs=wire["white_is"] / 255)


def test_block_means_of_any_shape() -> None:
    values = np.random.default_rng(0).random((50, 131))
    assert block_means(values).shape == (12, CELLS)
    assert block_means(values)[0, 0] == pytest.approx(values[:4, :4].mean())
    assert block_means(np.ones((1, 9))).tolist() == [[1.0] * 9]
