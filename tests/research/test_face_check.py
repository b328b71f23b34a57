"""Training of the face check: crops, degradations, sampling, resuming, export. Needs torch, no data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch")

from research.face_check.__main__ import FaceCheckConfig, probabilities, train_face_check
from research.face_check.augment import augment, plain
from research.face_check.collect import SIDE, Collector, Crops, pictures_in, pictures_of
from research.face_check.network import FaceCheckNet, export
from unmask.faces.face_check import CROP_SIDE, DRAWN, FACE, OBJECT, FaceCheck
from unmask.progress import no_progress
from unmask.runtime import open_session


class NoPeople:
    """A face detector that finds nothing."""

    def run(self, **inputs: NDArray[Any]) -> dict[str, NDArray[np.float32]]:
        shapes = {"scores": (1, 0), "boxes": (1, 0, 4), "landmarks": (1, 0, 5, 2)}
        return {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}


@pytest.fixture
def crops() -> Crops:
    rng = np.random.default_rng(0)
    labels = np.array([FACE] * 6 + [DRAWN] * 2 + [OBJECT] * 4, np.uint8)
    sources = np.array(["a"] * 4 + ["b"] * 2 + ["drawn"] * 2 + ["things"] * 4)
    return Crops(rng.integers(0, 256, (12, SIDE, SIDE, 3), np.uint8), labels, sources)


def test_a_source_is_collected_once(tmp_path: Path, astronaut: Path) -> None:
    lines: list[str] = []
    collector = Collector(tmp_path, NoPeople(), lines.append)
    first = collector.collect("people", FACE, [astronaut, tmp_path / "missing.png"])
    assert first.pixels.shape == (1, SIDE, SIDE, 3)
    again = collector.collect("people", FACE, [])
    assert np.array_equal(first.pixels, again.pixels)
    assert collector.collect("drawn", DRAWN, []).pixels.shape == (0, SIDE, SIDE, 3)
    objects = collector.collect("objects", OBJECT, [astronaut], people=True)
    assert len(objects.pixels) >= 1
    assert len(lines) == 4


def test_pictures_are_chosen_by_the_seed(tmp_path: Path) -> None:
    for name in "abcdef":
        (tmp_path / f"{name}.png").write_bytes(b"")
    assert pictures_of(tmp_path, 3, 1) == pictures_of(tmp_path, 3, 1)
    assert len(pictures_of(tmp_path, 9, 1)) == 6
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("file_name,label,split,source\na.png,real,train,s\nb.png,real,test,s\n")
    assert pictures_in(manifest, 5, 0) == {"s-real": [tmp_path / "a.png"]}


def test_degradations_depend_on_the_seed_alone(crops: Crops) -> None:
    first, second = (
        [augment(pixels, np.random.default_rng(seed)) for seed, pixels in enumerate(crops.pixels)] for _ in range(2)
    )
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert {each.shape for each in first} == {(CROP_SIDE, CROP_SIDE, 3)}
    assert plain(crops.pixels[0]).shape == (CROP_SIDE, CROP_SIDE, 3)


def test_classes_have_fixed_shares_and_sources_weigh_by_their_root(crops: Crops) -> None:
    chances = probabilities(crops)
    assert chances[crops.labels == OBJECT].sum() == pytest.approx(0.4)
    assert chances[crops.sources == "a"].sum() == pytest.approx(2**0.5 * chances[crops.sources == "b"].sum())


def test_training_resumes_and_exports(tmp_path: Path, crops: Crops) -> None:
    def run(steps: int, name: str, resume: bool) -> FaceCheckNet:
        config = FaceCheckConfig(steps=steps, batch=4, warmup=1, seed=3)
        return train_face_check(crops, config, None, tmp_path / name, print, no_progress, resume=resume)

    whole = run(4, "whole.pt", False)
    resumed = run(4, "whole.pt", True)
    assert all(a.equal(b) for a, b in zip(whole.parameters(), resumed.parameters(), strict=True))
    assert export(whole, tmp_path / "check.onnx", {"name": "face_check"}) < 1e-3
    check = FaceCheck(open_session((tmp_path / "check.onnx").read_bytes(), threads=1))
    assert check.card == {"name": "face_check"}
