from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.datasets.made import grouped, item, make
from unmask.datasets import LabeledImage, hold_out, split_by_group
from unmask.errors import DatasetError, UsageError


def test_split_keeps_groups_and_shares() -> None:
    dataset = split_by_group(grouped(), {"train": 0.7, "valid": 0.2, "test": 0.1}, seed=3)
    homes = Counter((one.group, one.split) for one in dataset)
    assert len(homes) == len({group for group, _ in homes})
    whole = Counter((one.source, one.label) for one in dataset)
    for split, share in (("train", 0.7), ("valid", 0.2), ("test", 0.1)):
        for stratum, count in Counter((one.source, one.label) for one in dataset.subset(split)).items():
            assert count == pytest.approx(share * whole[stratum], abs=4)


def test_split_follows_its_seed() -> None:
    dataset = grouped()
    assert split_by_group(dataset, seed=1) == split_by_group(dataset, seed=1)
    assert split_by_group(dataset, seed=1) != split_by_group(dataset, seed=2)


def test_hold_out_takes_from_train_alone() -> None:
    dataset = split_by_group(grouped())
    rest, held = hold_out(dataset, 0.1, seed=5)
    assert {one.split for one in (*rest, *held)} == {"train"}
    assert len(rest) + len(held) == len(dataset.subset("train"))
    assert not {one.group for one in rest} & {one.group for one in held}
    assert len(held) == pytest.approx(0.1 * len(dataset.subset("train")), abs=4)
    assert {(one.source, one.label) for one in held} == {(one.source, one.label) for one in rest}


def test_near_duplicates_stay_together(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    items = []
    for number in range(30):
        pixels = rng.integers(0, 255, (8, 8, 3), np.uint8)
        image = Image.fromarray(pixels).resize((96, 96), Image.Resampling.BICUBIC)
        for copy, quality in (("a", 95), ("b", 60)):
            path = tmp_path / f"{number}{copy}.jpg"
            image.resize((80, 80) if copy == "b" else (96, 96)).save(path, quality=quality)
            items.append(LabeledImage(path, "real", None, "s"))
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    dataset = split_by_group(
        make(*items, LabeledImage(tmp_path / "broken.jpg", "real", None, "s")), {"train": 1, "test": 1}
    )
    homes = [one.split for one in dataset]
    assert homes[0:60:2] == homes[1:60:2]
    assert 20 <= homes.count("train") <= 41


def test_invalid_splits_raise() -> None:
    for shares in ({}, {"train": 1.0, "holdout": 1.0}, {"train": 0.0}):
        with pytest.raises(UsageError):
            split_by_group(make(item(1)), shares)
    with pytest.raises(UsageError):
        hold_out(make(item(1)), 1.0)
    with pytest.raises(DatasetError):
        split_by_group(make())
    with pytest.raises(DatasetError):
        hold_out(make(item(1, split="test")))


def test_a_stable_split_stays_when_pictures_are_added() -> None:
    few = make(*(item(number, group=f"g{number // 2}") for number in range(400)))
    many = make(*(item(number, group=f"g{number // 2}") for number in range(800)))
    (_, before), (rest, after) = (hold_out(each, 0.1, seed=5, stable=True) for each in (few, many))
    names = {each.name for each in after}
    assert {each.name for each in before} == {each.name for each in few if each.name in names}
    assert 0.05 < len(after) / 800 < 0.15
    assert not {each.group for each in after} & {each.group for each in rest}
    assert hold_out(many, 0.1, seed=6, stable=True)[1].sha256 == after.sha256
