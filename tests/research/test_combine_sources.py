"""The combined training folder: joined sources and groups, kept-apart groups, and images that are encoded anew."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from research.release.combine_sources import SHORT_SIDE, combine
from unmask.datasets import Dataset, LabeledImage


def image(folder: Path, name: str, size: int = 64) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(len(name)).integers(0, 256, (size, size, 3), np.uint8)).save(path)
    return path


def dataset(*items: LabeledImage) -> Dataset:
    return Dataset(items, "given")


def test_sources_join_and_groups_of_valid_are_left_out(tmp_path: Path) -> None:
    path = image(tmp_path, "a.jpg")
    home = dataset(
        LabeledImage(path, "real", "train", "dfdc", group="one", name="a"),
        LabeledImage(path, "real", "valid", "dfdc", group="two", name="b"),
    )
    more = dataset(
        LabeledImage(path, "fake", "train", "dfdc-more", group="dfdc-more:one", name="c"),
        LabeledImage(path, "fake", "train", "dfdc-more", group="dfdc-more:two", name="d"),
    )
    joined = combine(home, more, tmp_path / "out")
    assert [(item.name, item.source, item.group) for item in joined] == [
        ("a", "dfdc", "one"),
        ("b", "dfdc", "two"),
        ("c", "dfdc", "one"),
    ]


def test_large_fakes_are_encoded_anew_once_at_a_size_of_other_sources(tmp_path: Path) -> None:
    path = image(tmp_path, "large.png", 800)
    more = dataset(LabeledImage(path, "fake", "train", "nano-banana", group="nano-banana:1", name="large"))
    (item,) = combine(dataset(), more, tmp_path / "out")
    first = item.path.read_bytes()
    with Image.open(item.path) as encoded:
        assert encoded.format == "JPEG"
        assert SHORT_SIDE[0] <= min(encoded.size) <= SHORT_SIDE[1]
    (again,) = combine(dataset(), more, tmp_path / "out")
    assert again.path.read_bytes() == first
