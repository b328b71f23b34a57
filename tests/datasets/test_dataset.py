from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unmask.datasets import Dataset, LabeledImage, hold_out, mix, split_by_group
from unmask.errors import DatasetError, UsageError


def item(
    number: int, label: str = "real", source: str = "s", group: str | None = "", split: str | None = None
) -> LabeledImage:
    name = f"{source}/{number}.jpg"
    group = f"{source}{number}" if group == "" else group
    return LabeledImage(Path(name), label, split, source, group=group)  # type: ignore[arg-type]


def make(*items: LabeledImage, name: str = "made") -> Dataset:
    return Dataset(items, name)


def grouped() -> Dataset:
    """Two sources of unlike size, groups of one to six pictures that mix the classes."""
    rng = np.random.default_rng(7)
    items = []
    for source, size in (("big", 600), ("small", 120)):
        for number in range(size):
            group = f"{source}-{int(rng.integers(size // 3))}"
            items.append(item(number, "fake" if rng.random() < 0.5 else "real", source, group))
    return make(*items)


def test_digest_knows_content_not_order_or_place() -> None:
    one, two = item(1), item(2, "fake")
    moved = LabeledImage(Path("/elsewhere/1.jpg"), "real", None, "s", name=one.name)
    assert make(one, two).sha256 == make(two, moved).sha256
    assert make(one, two).sha256 != make(one, item(2, "real")).sha256
    assert make(one, two).sha256 != make(one, item(2, "fake", split="train")).sha256


def test_where_takes_values_and_collections() -> None:
    dataset = make(item(1), item(2, "fake"), item(3, source="t"), item(4, split="train"))
    assert len(dataset.where(label="real", source="s")) == 2
    assert len(dataset.where(source=("s", "t"))) == 4
    assert [one.name for one in dataset.subset("train")] == ["s/4.jpg"]
    assert len(dataset.subset(None)) == 3


def test_groups_keep_the_nameless_apart() -> None:
    dataset = make(item(1, group="a"), item(2, group=None), item(3, group="a"), item(4, group=None))
    assert dataset.groups.tolist() == [0, 1, 0, 2]


def test_split_keeps_groups_whole_and_shares_even() -> None:
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


def test_splitting_refuses_nonsense() -> None:
    for shares in ({}, {"train": 1.0, "holdout": 1.0}, {"train": 0.0}):
        with pytest.raises(UsageError):
            split_by_group(make(item(1)), shares)
    with pytest.raises(UsageError):
        hold_out(make(item(1)), 1.0)
    with pytest.raises(DatasetError):
        split_by_group(make())
    with pytest.raises(DatasetError):
        hold_out(make(item(1, split="test")))


def test_mix_draws_by_weight_whatever_the_size() -> None:
    small, big = make(*map(item, range(10)), name="small"), make(*map(item, range(90)), name="big")
    mixed = mix([(small, 3), (big, 1)])
    drawn = {name: sum(one.weight for one in mixed if one.name.startswith(name)) for name in ("small", "big")}
    assert drawn["small"] == pytest.approx(3 * drawn["big"])
    assert sum(drawn.values()) == pytest.approx(100)
    assert len(set(mixed.groups.tolist())) == 100
    assert mixed.name == "small+big"


def test_mixing_parts_of_one_set_keeps_its_groups() -> None:
    whole = make(item(1, source="a", group="g"), item(2, source="b", group="g"))
    mixed = mix([(whole.where(source="a"), 1), (whole.where(source="b"), 1)])
    assert set(mixed.groups.tolist()) == {0}


def test_two_sets_of_one_name_are_told_apart() -> None:
    here, there = (
        make(LabeledImage(Path(f"/{place}/1.jpg"), "real", None, "s", group="g", name="1.jpg")) for place in "ab"
    )
    mixed = mix([(here, 1), (there, 1)])
    assert [one.name for one in mixed] == ["made-1/1.jpg", "made-2/1.jpg"]
    assert len(set(mixed.groups.tolist())) == 2
    assert mixed.name == "made"


def test_mix_refuses_nothing() -> None:
    with pytest.raises(UsageError):
        mix([])
    with pytest.raises(UsageError):
        mix([(make(item(1)), 0)])
    with pytest.raises(DatasetError):
        mix([(make(item(1)), 1), (make(), 1)])


def test_a_lasting_part_stays_when_pictures_are_added() -> None:
    few = make(*(item(number, group=f"g{number // 2}") for number in range(400)))
    many = make(*(item(number, group=f"g{number // 2}") for number in range(800)))
    (_, before), (rest, after) = (hold_out(each, 0.1, seed=5, stable=True) for each in (few, many))
    names = {each.name for each in after}
    assert {each.name for each in before} == {each.name for each in few if each.name in names}
    assert 0.05 < len(after) / 800 < 0.15
    assert not {each.group for each in after} & {each.group for each in rest}
    assert hold_out(many, 0.1, seed=6, stable=True)[1].sha256 == after.sha256
